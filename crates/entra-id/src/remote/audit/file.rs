//! The file: written by one thread, so that no request waits for a disk.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use mcp_support::private_file;

/// Lines that wait to be written.
const WAITING: usize = 4096;
/// A file of this size is put aside, in place of the one before. So two of them is what the log takes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The file. With the last clone the thread ends, when everything is written.
#[derive(Clone)]
pub(super) struct File(Arc<Writer>);

struct Writer {
    lines: Option<SyncSender<String>>,
    lost: Arc<AtomicU64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl File {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (file, lost) = (Appended::open(path)?, Arc::new(AtomicU64::new(0)));
        let (lines, receiver) = sync_channel(WAITING);
        let counted = lost.clone();
        let thread =
            std::thread::Builder::new().name("audit".to_owned()).spawn(move || run(file, &receiver, &counted))?;
        Ok(Self(Arc::new(Writer { lines: Some(lines), lost, thread: Mutex::new(Some(thread)) })))
    }

    /// Production: a disk that is slower than the callers loses lines, and the log says how many; where none may be
    /// lost, refuse requests instead.
    pub(super) fn write(&self, line: String) {
        let sent = self.0.lines.as_ref().map(|lines| lines.try_send(line));
        if matches!(sent, Some(Err(TrySendError::Full(_)))) {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

fn run(mut file: Appended, lines: &Receiver<String>, lost: &AtomicU64) {
    while let Ok(line) = lines.recv() {
        let lost = lost.swap(0, Ordering::Relaxed);
        if let Err(error) = file.append(&line).and_then(|()| if lost == 0 { Ok(()) } else { file.append_loss(lost) }) {
            tracing::error!(%error, "the audit log cannot be written");
        }
    }
}

struct Appended {
    folder: PathBuf,
    name: String,
    file: fs::File,
    bytes: u64,
}

impl Appended {
    fn open(path: &Path) -> io::Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?.to_owned();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let file = fs::OpenOptions::new().append(true).open(private_file::make(&folder, &name)?)?;
        let bytes = file.metadata()?.len();
        Ok(Self { folder, name, file, bytes })
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        if self.bytes > MAX_BYTES {
            fs::rename(self.folder.join(&self.name), self.folder.join(format!("{}.1", self.name)))?;
            *self = Self::open(&self.folder.join(&self.name))?;
        }
        // One write for one line: two processes do not mix theirs.
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.bytes += line.len() as u64 + 1;
        Ok(())
    }

    fn append_loss(&mut self, lost: u64) -> io::Result<()> {
        self.append(&serde_json::json!({"event": "lost", "lines": lost}).to_string())
    }
}
