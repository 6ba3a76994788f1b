//! Files and folders that are there until they are whole and take their name, or are gone.
//!
//! They hold what nobody else may read, and the name of none says so: a run that is interrupted
//! takes them away before it ends. All of them are made here, so that none is forgotten.
#![expect(clippy::disallowed_methods, reason = "this is the one place")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempDir};

/// What is there now. Whoever makes something holds it meanwhile, so that a signal finds either
/// nothing or something that it knows of.
static PENDING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn pending() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// That a path is known to whoever takes it away; until this is dropped.
struct Known(PathBuf);

impl Known {
    /// Makes something, and remembers where it is.
    fn make<T>(
        make: impl FnOnce() -> io::Result<T>,
        path: impl FnOnce(&T) -> &Path,
    ) -> io::Result<(T, Self)> {
        signals::watch();
        let mut pending = pending();
        let made = make()?;
        let path = path(&made).to_owned();
        pending.insert(path.clone());
        Ok((made, Self(path)))
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        pending().remove(&self.0);
    }
}

/// A file that is gone when this is dropped, unless it was given a name.
pub struct TemporaryFile {
    // It goes before it is forgotten: fields are dropped in their order.
    file: NamedTempFile,
    known: Known,
}

impl TemporaryFile {
    /// A new one in a folder.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn new_in(folder: &Path) -> io::Result<Self> {
        let (file, known) = Known::make(|| NamedTempFile::new_in(folder), NamedTempFile::path)?;
        Ok(Self { file, known })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file.
    pub fn as_file(&self) -> &File {
        self.file.as_file()
    }

    /// The file.
    pub fn as_file_mut(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// The file opened once more, to be read from its beginning.
    ///
    /// # Errors
    /// Those of opening.
    pub fn reopen(&self) -> io::Result<File> {
        self.file.reopen()
    }

    /// Gives it that name; what was called so is gone.
    ///
    /// # Errors
    /// Those of renaming. It is gone then.
    pub fn named(self, path: &Path) -> io::Result<()> {
        let Self { file, known } = self;
        let named = file.persist(path).map(|_| ()).map_err(|error| error.error);
        drop(known);
        named
    }

    /// The same where nothing may be called so.
    ///
    /// # Errors
    /// Those of renaming, and something of that name. It is gone then.
    pub fn named_new(self, path: &Path) -> io::Result<()> {
        let Self { file, known } = self;
        let named = file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error);
        drop(known);
        named
    }
}

impl Read for TemporaryFile {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.as_file_mut().read(to)
    }
}

impl Write for TemporaryFile {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.as_file_mut().write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.as_file_mut().flush()
    }
}

impl Seek for TemporaryFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.as_file_mut().seek(to)
    }
}

/// A folder that is gone when this is dropped, with all that is in it, unless it was given a name.
pub struct TemporaryFolder {
    folder: TempDir,
    known: Known,
}

impl TemporaryFolder {
    /// A new one in a folder, whose name begins so.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn new_in(folder: &Path, prefix: &str) -> io::Result<Self> {
        let make = || tempfile::Builder::new().prefix(prefix).tempdir_in(folder);
        let (folder, known) = Known::make(make, TempDir::path)?;
        Ok(Self { folder, known })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a file in it, and the folders that it is in.
    ///
    /// # Errors
    /// Those of the file, and one that is there already.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        // Whoever takes the folder away would not see what is made behind them.
        let _pending = pending();
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        File::create_new(path)
    }

    /// Gives it that name.
    ///
    /// # Errors
    /// Those of renaming. It is gone then.
    pub fn named(self, target: &Path) -> io::Result<()> {
        let Self { folder, known } = self;
        {
            // What is half taken away must not get the name.
            let _pending = pending();
            fs::rename(folder.path(), target)?;
        }
        // It is called otherwise now: there is nothing to take away.
        let _ = folder.keep();
        drop(known);
        Ok(())
    }
}

#[cfg(unix)]
mod signals {
    use std::fs;
    use std::path::Path;
    use std::sync::{Once, mpsc};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    /// Waits for what ends a run, once there is something to take away: a run that makes no such
    /// file is ended by the system.
    pub(super) fn watch() {
        static WATCH: Once = Once::new();
        WATCH.call_once(|| {
            let ignored = ignored();
            // `nohup` and a shell's `&` have some of them ignored: that stays so.
            let heard = [SIGHUP, SIGINT, SIGTERM]
                .into_iter()
                .filter(move |signal| ignored & (1 << (signal - 1)) == 0);
            let (ready, is_ready) = mpsc::channel::<()>();
            let wait = move || {
                let signals = Signals::new(heard);
                drop(ready);
                if let Some(signal) = signals.ok().and_then(|mut heard| heard.forever().next()) {
                    end(signal);
                }
            };
            // Only a thread that is there takes the signals from the system: they always end a run.
            if std::thread::Builder::new().name("signals".into()).spawn(wait).is_ok() {
                let _ = is_ready.recv();
            }
        });
    }

    /// The signals that are ignored, a bit each, where the system says so.
    fn ignored() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }

    /// Takes everything away, and ends as shells say of a run that a signal has ended.
    fn end(signal: i32) -> ! {
        // Never given back: nothing new is made from here on.
        let pending = super::pending();
        pending.iter().for_each(|path| remove(path));
        signal_hook::low_level::exit(128 + signal)
    }

    fn remove(path: &Path) {
        // What is written meanwhile can come to be in a folder that was looked through.
        for _ in 0..100 {
            let removed =
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            if removed.is_ok() || !path.exists() {
                return;
            }
        }
    }
}

#[cfg(not(unix))]
mod signals {
    /// The system ends a run by itself.
    pub(super) fn watch() {}
}
