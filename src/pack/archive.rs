//! A pack as one ZIP file: the same files are always the same bytes.

use std::io::{self, Read, Seek, SeekFrom, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// From this size on an entry needs 64-bit fields.
const LARGE: u64 = 0xffff_0000;

/// What a record of the central directory begins with, and how long it is without its texts.
const RECORD: [u8; 4] = *b"PK\x01\x02";
const RECORD_LENGTH: usize = 46;

fn other(error: zip::result::ZipError) -> io::Error {
    match error {
        zip::result::ZipError::Io(error) => error,
        error => io::Error::other(error),
    }
}

/// Writes entries of these names and sizes, in this order. Nothing in it depends on the machine:
/// no times, one mode for all, and a compression in portable code.
///
/// # Errors
/// Those of the entries and the output.
pub fn write(
    out: impl Write + Seek,
    entries: impl Iterator<Item = (String, u64)>,
    mut content: impl FnMut(&str, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new(io::BufWriter::new(out));
    for (name, size) in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(0o644)
            .large_file(size >= LARGE);
        zip.start_file(name.as_str(), options).map_err(other)?;
        content(&name, &mut zip)?;
    }
    zip.finish().map_err(other)?.flush()
}

/// The names in the central directory as they stand there, twice what is there twice.
///
/// # Errors
/// A directory that ends too early.
pub fn names(file: &mut (impl Read + Seek), start: u64) -> io::Result<Vec<Vec<u8>>> {
    file.seek(SeekFrom::Start(start))?;
    let mut file = io::BufReader::new(file);
    let mut names = Vec::new();
    loop {
        let mut head = [0; RECORD_LENGTH];
        file.read_exact(head.split_at_mut(4).0)?;
        if !head.starts_with(&RECORD) {
            return Ok(names);
        }
        file.read_exact(head.split_at_mut(4).1)?;
        let number = |at: usize| {
            let bytes = head.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
            u16::from_le_bytes(bytes.unwrap_or_default())
        };
        let mut name = vec![0; number(28).into()];
        file.read_exact(&mut name)?;
        io::copy(
            &mut (&mut file).take(u64::from(number(30)) + u64::from(number(32))),
            &mut io::sink(),
        )?;
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_entries_are_the_same_bytes_and_their_names_are_found() {
        let make = || {
            let mut out = io::Cursor::new(Vec::new());
            let entries = ["a.txt", "b/c.txt"].map(|name| (name.to_owned(), 3)).into_iter();
            write(&mut out, entries, |name, out| out.write_all(name.as_bytes())).unwrap();
            out.into_inner()
        };
        assert_eq!(make(), make());
        let archive = zip::ZipArchive::new(io::Cursor::new(make())).unwrap();
        let start = archive.central_directory_start();
        let found = names(&mut io::Cursor::new(make()), start).unwrap();
        assert_eq!(found, [b"a.txt".to_vec(), b"b/c.txt".to_vec()]);
    }
}
