//! Texts of an inventory in a page: marked up as nothing, visible where they would hide, and cut
//! where they are absurdly long. The same for what is HTML and for what is JSON, so that a name is
//! the same name in both.

use std::fmt;
use std::io;

use askama::filters::{Escaper, Html};
use serde_json::ser::{CharEscape, Formatter};

use crate::fault::is_hostile;

/// How many characters of a text are shown.
pub(super) const LONGEST: usize = 4000;

/// What follows a text that is cut.
fn ending(characters: usize) -> String {
    format!("… ({characters} characters)")
}

/// The escaper of the templates.
#[derive(Clone, Copy)]
pub(super) struct Shown;

impl Escaper for Shown {
    fn write_escaped_str<W: fmt::Write>(&self, mut to: W, text: &str) -> fmt::Result {
        for c in text.chars().take(LONGEST) {
            if is_hostile(c) {
                write!(to, "{}", c.escape_unicode())?;
            } else {
                Html.write_escaped_char(&mut to, c)?;
            }
        }
        // A text of so few bytes has no more characters.
        if text.len() > LONGEST {
            let characters = text.chars().count();
            if characters > LONGEST {
                to.write_str(&ending(characters))?;
            }
        }
        Ok(())
    }
}

/// Writes JSON that no HTML parser takes for anything but text, with texts as [`Shown`] has them.
#[derive(Default)]
pub(super) struct InPage {
    /// How many characters the present string has had.
    characters: usize,
}

impl InPage {
    fn character<W: ?Sized + io::Write>(&mut self, to: &mut W, c: char) -> io::Result<()> {
        self.characters += 1;
        if self.characters > LONGEST {
            return Ok(());
        }
        match c {
            '<' | '>' | '&' => write!(to, "\\u{:04x}", u32::from(c)),
            '"' | '\\' => write!(to, "\\{c}"),
            // The backslash is one that is shown.
            _ if is_hostile(c) => write!(to, "\\{}", c.escape_unicode()),
            _ => to.write_all(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

impl Formatter for InPage {
    fn begin_string<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.characters = 0;
        to.write_all(b"\"")
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        if self.characters > LONGEST {
            to.write_all(ending(self.characters).as_bytes())?;
        }
        to.write_all(b"\"")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'>' | b'&');
        if self.characters + text.len() <= LONGEST && text.bytes().all(plain) {
            self.characters += text.len();
            return to.write_all(text.as_bytes());
        }
        text.chars().try_for_each(|c| self.character(to, c))
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let c = match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        };
        self.character(to, c)
    }
}
