//! Evidence packs that somebody has had a hand in: nothing of one can be changed unseen.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::pack::{entries_of, keys, names, sha256, signed_acme, verify, zip_of};
use crate::run::{AS_OF, files, folder, nhi, sound};

#[test]
fn one_byte_of_any_file_is_enough() {
    let (place, to) = signed_acme();
    let public = place.path().join("public.pem");
    let all = files(&to);
    assert!(all.len() > 130, "{} files", all.len());
    for (number, (name, bytes)) in all.iter().enumerate() {
        let mut changed = bytes.clone();
        // Another place in each.
        let at = bytes.len().saturating_sub(1) * (number % 11) / 10;
        changed[at] ^= 1;
        std::fs::write(to.join(name), &changed).unwrap();
        let done = verify(&to).arg("--key").arg(&public).run().exits(1);
        names(&done, name);
        std::fs::write(to.join(name), bytes).unwrap();
    }
    for name in all.keys() {
        std::fs::rename(to.join(name), place.path().join("away")).unwrap();
        let done = verify(&to).run().exits(1);
        assert!(done.out.contains(&format!("{name}: it is missing")), "{name}: {}", done.out);
        std::fs::rename(place.path().join("away"), to.join(name)).unwrap();
    }
    for name in ["more.txt", ".hidden", "rules/x/y.cedar"] {
        std::fs::create_dir_all(to.join(name).parent().unwrap()).unwrap();
        std::fs::write(to.join(name), "").unwrap();
        names(&verify(&to).run().exits(1), name);
        std::fs::remove_file(to.join(name)).unwrap();
    }
    names(&verify(&to).run().exits(1), "rules/x: it is an empty folder");
    std::fs::remove_dir(to.join("rules/x")).unwrap();
    verify(&to).arg("--key").arg(&public).run().exits(0);
}

#[test]
fn one_byte_anywhere_in_an_archive_is_enough() {
    let folder = folder(&[("a.json", &sound().to_string())]);
    let zip = folder.path().join("pack.zip");
    nhi("pack --isolated a.json -o pack.zip --as-of").arg(AS_OF).at(&folder).run().exits(0);
    let bytes = std::fs::read(&zip).unwrap();
    for step in 0..60 {
        let mut changed = bytes.clone();
        // The ends are where an archive says what it is.
        let at =
            if step < 40 { step * (bytes.len() - 1) / 39 } else { bytes.len() - 1 - (step - 40) };
        changed[at] ^= 1 << (step % 8);
        std::fs::write(&zip, &changed).unwrap();
        verify(&zip).run().exits(1);
    }
    for changed in
        [&bytes[..bytes.len() - 1], &[&bytes[..], b"x"].concat(), &bytes[..bytes.len() / 2]]
    {
        std::fs::write(&zip, changed).unwrap();
        verify(&zip).run().exits(1);
    }
    std::fs::write(&zip, &bytes).unwrap();
    verify(&zip).run().exits(0);
}

#[test]
fn hostile_archives_are_told_by_name() {
    let folder = folder(&[("a.json", &sound().to_string())]);
    let zip = folder.path().join("pack.zip");
    nhi("pack --isolated a.json -o pack.zip --as-of").arg(AS_OF).at(&folder).run().exits(0);
    let all = entries_of(&zip);
    let with = |more: &[(&str, &[u8])]| {
        let mut entries: Vec<(&str, &[u8])> =
            all.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        entries.extend(more);
        std::fs::write(&zip, zip_of(&entries)).unwrap();
        verify(&zip).run().exits(1)
    };
    for name in ["../evil.txt", "/etc/evil", "a/../../evil", "a\\evil", "C:evil", "evil/"] {
        names(&with(&[(name, b"x")]), name);
    }
    let done = with(&[("e\u{1b}[31mvil\u{202e}", b"x")]);
    names(&done, "e\\u{1b}[31mvil\\u{202e}");
    // A name that is there twice: written with another of the same length.
    with(&[("README.mx", b"another")]);
    let mut bytes = std::fs::read(&zip).unwrap();
    let place = |bytes: &[u8]| bytes.windows(9).position(|part| part == b"README.mx");
    while let Some(at) = place(&bytes) {
        bytes[at + 8] = b'd';
    }
    std::fs::write(&zip, bytes).unwrap();
    let done = verify(&zip).run().exits(1);
    assert!(done.out.contains("README.md: it is in the archive more than once"), "{}", done.out);
    // Other bytes for the same files are no pack either: something may hide between them.
    names(&with(&[]), "the archive");
}

#[test]
fn a_manifest_that_is_made_to_fit_does_not_fit_the_rest() {
    let (place, to) = signed_acme();
    let public = place.path().join("public.pem");
    let all = files(&to);
    // Who changes a file, the manifest, the statement and the envelope's payload.
    let forge = |name: &str, from: &str, with: &str| {
        let text = String::from_utf8(all[name].clone()).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        let text = text.replacen(from, with, 1);
        std::fs::write(to.join(name), &text).unwrap();
        let mut manifest: Value = serde_json::from_slice(&all["manifest.json"]).unwrap();
        for file in manifest["files"].as_array_mut().unwrap() {
            if file["path"] == name {
                file["sha256"] = sha256(text.as_bytes()).into();
                file["size"] = text.len().into();
            }
        }
        // As the types are written: the keys in their order.
        let old = String::from_utf8(all["manifest.json"].clone()).unwrap();
        let written = String::from_utf8(all[name].clone()).unwrap();
        let new = old.replace(&sha256(written.as_bytes()), &sha256(text.as_bytes()));
        let sizes = |size: usize| format!("\"size\": {size}");
        let at = new.find(&sha256(text.as_bytes())).unwrap();
        let (head, tail) = new.split_at(at);
        let new = head.to_owned() + &tail.replacen(&sizes(written.len()), &sizes(text.len()), 1);
        assert_eq!(serde_json::from_str::<Value>(&new).unwrap(), manifest);
        std::fs::write(to.join("manifest.json"), &new).unwrap();
        let statement = String::from_utf8(all["statement.json"].clone()).unwrap();
        let statement = statement.replace(&sha256(&all["manifest.json"]), &sha256(new.as_bytes()));
        std::fs::write(to.join("statement.json"), &statement).unwrap();
        let mut envelope: Value = serde_json::from_slice(&all["statement.dsse.json"]).unwrap();
        let payload = BASE64_STANDARD.encode(&statement);
        envelope["payload"] = payload.into();
        let envelope = serde_json::to_string_pretty(&envelope).unwrap() + "\n";
        std::fs::write(to.join("statement.dsse.json"), envelope).unwrap();
    };
    let restore = || {
        all.iter().for_each(|(name, bytes)| std::fs::write(to.join(name), bytes).unwrap());
    };
    // Without a key, what doesn't fit the other files is still told.
    for (name, from, with) in [
        ("reports/report.json", "\"verdict\": \"fail\"", "\"verdict\": \"pass\""),
        ("reports/report.html", "<title>", "<title >"),
        ("reports/report.sarif", "\"error\"", "\"note\""),
        ("population/leaver-account-live.csv", ",violation,", ",pass,"),
        ("exceptions/register.json", "\"expired\"", "\"active\""),
        ("rules/parameters.json", "\"24h\"", "\"999d\""),
        ("rules/leaver/leaver-account-live.cedar", "critical", "low"),
        ("rules/rules.json", "\"enabled\": true", "\"enabled\": false"),
        ("sample/leavers.json", "\"seed\": 1", "\"seed\": 2"),
        ("sample/leavers.csv", ",done,", ",failed,"),
        ("rules/nhi.cedarschema", "entity", "// entity"),
        ("README.md", "Evidence", "Evidenze"),
    ] {
        forge(name, from, with);
        let done = verify(&to).run().exits(1);
        assert!(done.out.contains(name), "{name}: {}", done.out);
        names(&verify(&to).arg("--key").arg(&public).run().exits(1), "statement.dsse.json");
        restore();
    }
    let other = place.path().join("other.pem");
    names(&verify(&to).arg("--key").arg(&other).run().exits(1), "another key");
}

#[test]
fn a_file_that_no_report_makes_does_not_belong_into_a_pack() {
    let folder = folder(&[("a.json", &sound().to_string())]);
    let run = |arguments: &str| nhi(arguments).at(&folder).run();
    run("pack --isolated a.json -o p").exits(0);
    let to = folder.path().join("p");
    let read = |name: &str| std::fs::read_to_string(to.join(name)).unwrap();
    let (manifest, statement) = (read("manifest.json"), read("statement.json"));
    std::fs::write(to.join("zz.txt"), "look here").unwrap();
    let more = format!(
        "    }},\n    {{\n      \"path\": \"zz.txt\",\n      \"sha256\": \"{}\",\n      \"size\": 9\n    }}\n  ]\n}}\n",
        sha256(b"look here")
    );
    let new = manifest.strip_suffix("    }\n  ]\n}\n").unwrap().to_owned() + &more;
    std::fs::write(to.join("manifest.json"), &new).unwrap();
    let statement = statement.replace(&sha256(manifest.as_bytes()), &sha256(new.as_bytes()));
    std::fs::write(to.join("statement.json"), statement).unwrap();
    names(&run("verify p").exits(1), "zz.txt: nothing in a pack is called that");
}

#[test]
fn a_pack_that_is_not_signed_is_not_what_a_key_wants() {
    let folder = folder(&[
        ("a.json", &sound().to_string()),
        ("key.pem", &keys(7)[0]),
        ("public.pem", &keys(7)[1]),
        ("no.pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"),
    ]);
    let run = |arguments: &str| nhi(arguments).at(&folder).run();
    run("pack --isolated a.json -o p").exits(0);
    let said = run("verify p").exits(0).out;
    assert!(said.contains("not signed"), "{said}");
    let done = run("verify p --key public.pem").exits(1);
    names(&done, "the pack is not signed");
    for wrong in ["no.pem", "public.pem", "a.json", "none.pem"] {
        let done = nhi("pack --isolated a.json -o q --sign").arg(wrong).at(&folder).run().refused();
        assert!(!done.err.contains("c2VjcmV0") && done.said().contains(wrong), "{}", done.err);
    }
    assert!(!folder.path().join("q").exists());
    run("verify p --key key.pem").refused();
    run("verify p --key none.pem").refused();
    run("verify nothing").refused();
    run("verify a.json").refused();
}
