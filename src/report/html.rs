//! One HTML page that needs nothing else: what was found, what was looked at, and how it went.
//!
//! The first screen and the tables are written as HTML, and so are there without scripts. The lists
//! that can be long (findings, exceptions, what the baseline knew) are JSON in the page, of which the
//! script shows a page at a time. The content security policy lets nothing run or load but the one
//! style and the one script whose digests it names.

use std::io::{self, Write};

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::data::Data;
use self::figures::Figures;
use super::model::Report;

mod data;
mod figures;
#[cfg(test)]
mod tests;
mod text;

const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Page<'a> {
    report: &'a Report,
    figures: Figures<'a>,
    policy: String,
    style: &'a str,
    script: &'a str,
    data: Data<'a>,
}

/// Writes it.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    // A browser takes a line's end as one character before it computes the digest.
    let (style, script) = (STYLE.replace("\r\n", "\n"), SCRIPT.replace("\r\n", "\n"));
    let page = Page {
        report,
        figures: Figures::of(report),
        policy: policy(&style, &script),
        style: &style,
        script: &script,
        data: Data { report },
    };
    page.write_into(out)
}

/// Nothing is loaded, sent or framed, and nothing runs that isn't known here.
fn policy(style: &str, script: &str) -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        digest(script),
        digest(style)
    )
}
