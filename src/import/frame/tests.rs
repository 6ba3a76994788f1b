//! How texts are cut.
use super::*;

fn cut(text: &str) -> Result<Vec<(String, bool, String)>, String> {
    let mut frames = Frames::new(text.as_bytes());
    let (mut pointer, mut buffer, mut all) = (String::new(), Vec::new(), Vec::new());
    loop {
        let pieces =
            frames.pieces("x", &mut pointer, &mut buffer).map_err(|fault| fault.message)?;
        if pieces.is_empty() {
            return Ok(all);
        }
        for piece in pieces {
            let text = std::str::from_utf8(&buffer[piece.text.clone()]).unwrap();
            all.push((piece.pointer, piece.element, text.to_owned()));
        }
    }
}

#[test]
fn arrays_are_opened_and_small_objects_are_whole() {
    let piece = |pointer: &str, element, text: &str| (pointer.to_owned(), element, text.to_owned());
    assert_eq!(
        cut(r#"{"a": [1, {"b": "]}\""}]}"#),
        Ok(vec![piece("", false, r#"{"a": [1, {"b": "]}\""}]}"#)])
    );
    assert_eq!(
        cut("[{\"a\":1}, {\"a\":2}\n]"),
        Ok(vec![piece("/0", true, "{\"a\":1}"), piece("/1", true, "{\"a\":2}")])
    );
    assert_eq!(
        cut("{\"a\":1}\n{\"a\":2}\n"),
        Ok(vec![piece("", false, "{\"a\":1}"), piece("", false, "{\"a\":2}")])
    );
    assert_eq!(cut("[1][2]"), Ok(vec![piece("/0", true, "1"), piece("/0", true, "2")]));
    assert_eq!(cut("[]"), Ok(vec![]));
}

#[test]
fn a_large_wrapper_is_opened() {
    let row = format!("{{\"pad\":\"{}\"}}", "x".repeat(1 << 20));
    let text = format!("{{\"next\":\"n\",\"value\":[{}]}}", [row.as_str(); 6].join(","));
    let cut = cut(&text).unwrap();
    let pointers: Vec<&str> = cut.iter().map(|(pointer, ..)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/next", "/value/0", "/value/1", "/value/2", "/value/3", "/value/4", "/value/5"]
    );
    assert!(cut[1..].iter().all(|(_, element, text)| *element && *text == row));
}

#[test]
fn what_is_cut_off_or_no_json_is_a_fault() {
    for text in ["{\"a\":1", "[1,2", "[1 2]", "[{\"a\":\"x", "{\"a\":1},{\"a\":2}", "[,]", "[1,]x,"]
    {
        assert!(cut(text).is_err(), "{text}: {:?}", cut(text));
    }
}
