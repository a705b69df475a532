//! Where bytes come from: a file, gzipped or not, or memory; read in pieces, with progress and interruption.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, ErrorKind, Result};
use crate::readings::{Detected, Provenance};

/// Called with the number of bytes of the file read so far, some times a second; an error stops the reading.
pub type Progress<'a> = dyn FnMut(u64) -> Result<()> + 'a;

/// Bytes between two calls of the progress.
const BETWEEN_CALLS: u64 = 1 << 20;
/// A file of a format that is read as a whole is at most so long.
const LONGEST_WHOLE: usize = 1 << 30;
/// Gzip packs meter readings ten to thirty times; a file that unpacks so much further is a bomb.
const LARGEST_RATIO: u64 = 200;

/// A source of bytes with a name for messages.
pub(super) struct Source<'a> {
    name: String,
    bytes: Box<dyn BufRead + 'a>,
    /// What [`Source::head`] has looked at and nobody has read yet.
    head: Vec<u8>,
    /// Bytes of the file itself, and bytes given out.
    taken: Rc<Cell<u64>>,
    given: Rc<Cell<u64>>,
    packed: bool,
    progress: Option<&'a mut Progress<'a>>,
    next_call: u64,
    /// The error of the progress, which the error of [`Read`] cannot carry.
    stopped: Option<Error>,
    /// Reads no more than so many bytes; for a look at the beginning.
    limit: Option<u64>,
    notes: RefCell<Provenance>,
    /// In a look at the beginning, what is wrong further on.
    put_off: RefCell<Option<Error>>,
}

/// Counts what is read from a file.
struct Counted<R>(R, Rc<Cell<u64>>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.set(self.1.get() + count as u64);
        Ok(count)
    }
}

impl<'a> Source<'a> {
    /// A file; gzipped ones are unpacked.
    pub(super) fn open(path: &Path, progress: Option<&'a mut Progress<'a>>) -> Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| ErrorKind::Io { path: name.clone(), source })?;
        Self::of(name, file, progress)
    }

    /// Bytes in memory.
    pub(super) fn of_bytes(name: &str, bytes: &'a [u8]) -> Result<Self> {
        Self::of(name.to_owned(), bytes, None)
    }

    fn of(name: String, reader: impl Read + 'a, progress: Option<&'a mut Progress<'a>>) -> Result<Self> {
        let taken = Rc::new(Cell::new(0));
        let mut plain = BufReader::with_capacity(1 << 18, Counted(reader, Rc::clone(&taken)));
        let first = plain.fill_buf().map_err(|source| ErrorKind::Io { path: name.clone(), source })?;
        let packed = first.starts_with(&[0x1F, 0x8B]);
        let bytes: Box<dyn BufRead + 'a> = if packed {
            Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(plain)))
        } else {
            Box::new(plain)
        };
        let (head, given, next_call) = (Vec::new(), Rc::default(), 0);
        let (stopped, limit, notes, put_off) = (None, None, RefCell::default(), RefCell::default());
        Ok(Self { name, bytes, head, taken, given, packed, progress, next_call, stopped, limit, notes, put_off })
    }

    /// The same, of which no more than the first `limit` bytes are read.
    pub(super) fn limited(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Whether the limit cut the source off.
    pub(super) fn is_cut(&self) -> bool {
        self.limit.is_some_and(|limit| self.given() >= limit)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The first `count` bytes, or all there are; they are read again afterwards.
    pub(super) fn head(&mut self, count: usize) -> Result<&[u8]> {
        while self.head.len() < count {
            let mut more = vec![0; count - self.head.len()];
            let read = self.bytes.read(&mut more).map_err(|source| self.io_error(source))?;
            if read == 0 {
                break;
            }
            self.head.extend_from_slice(more.get(..read).unwrap_or_default());
        }
        Ok(self.head.get(..count.min(self.head.len())).unwrap_or_default())
    }

    /// All that is left, for formats that are read as a whole.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        let mut piece = vec![0; 1 << 18];
        loop {
            let count = self.read_some(&mut piece)?;
            if count == 0 {
                return Ok(all);
            }
            if all.len() + count > LONGEST_WHOLE {
                return Err(self.fail(None, None, format!("the file is longer than {LONGEST_WHOLE} bytes; split it")));
            }
            all.extend_from_slice(piece.get(..count).unwrap_or_default());
        }
    }

    /// Fills a part of `buffer`; 0 at the end.
    pub(super) fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.read(buffer);
        match (count, self.stopped.take()) {
            (_, Some(error)) => Err(error),
            (Ok(count), None) => Ok(count),
            (Err(source), None) => Err(self.io_error(source)),
        }
    }

    /// The error of the progress, where that is what stopped a [`Read`].
    pub(super) fn take_stopped(&mut self) -> Option<Error> {
        self.stopped.take()
    }

    /// Notes what was found out, so that it is known even where reading fails later.
    pub(super) fn note(&self, key: &str, detected: Detected) {
        self.notes.borrow_mut().insert(key.to_owned(), detected);
    }

    /// What was noted so far.
    pub(super) fn notes(&self) -> Provenance {
        self.notes.borrow().clone()
    }

    /// In a look at the beginning of a file, what was read before an error is worth telling: the error is kept and
    /// reading ends there. Else it is the error.
    pub(super) fn put_off(&self, error: Error) -> Result<()> {
        if self.limit.is_none() {
            return Err(error);
        }
        self.put_off.borrow_mut().get_or_insert(error);
        Ok(())
    }

    /// The error that was put off.
    pub(super) fn take_put_off(&self) -> Option<Error> {
        self.put_off.borrow_mut().take()
    }

    /// Bytes given out so far.
    pub(super) fn given(&self) -> u64 {
        self.given.get()
    }

    /// The same count, which goes on while the source is read.
    pub(super) fn given_counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.given)
    }

    fn io_error(&self, source: io::Error) -> Error {
        ErrorKind::Io { path: self.name.clone(), source }.into()
    }

    /// The error of this source at a place in it.
    pub(super) fn fail(&self, line: Option<u64>, column: Option<&str>, problem: impl Into<String>) -> Error {
        super::file::File { name: &self.name }.fail(line, column, problem)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = self.limit.map_or(buffer.len() as u64, |limit| limit.saturating_sub(self.given()));
        let room = buffer.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..room).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let count = if self.head.is_empty() {
            self.bytes.read(buffer)?
        } else {
            let count = self.head.len().min(buffer.len());
            if let (Some(to), Some(from)) = (buffer.get_mut(..count), self.head.get(..count)) {
                to.copy_from_slice(from);
            }
            self.head.drain(..count);
            count
        };
        let (given, taken) = (self.given() + count as u64, self.taken.get());
        self.given.set(given);
        if self.packed && given > (1 << 24) && given / LARGEST_RATIO > taken {
            return Err(io::Error::other(format!("{taken} packed bytes unpack to more than {given}")));
        }
        if given >= self.next_call
            && let Some(progress) = &mut self.progress
        {
            self.next_call = given + BETWEEN_CALLS;
            if let Err(error) = progress(taken) {
                self.stopped = Some(error);
                return Err(io::Error::other("stopped"));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_head_is_read_again_and_gzip_is_unpacked() {
        let text = b"time,kwh\n2024-01-01 00:00,1\n".repeat(1000);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&text).unwrap();
        for bytes in [text.clone(), packer.finish().unwrap()] {
            let mut source = Source::of_bytes("plant.csv", &bytes).unwrap();
            assert_eq!(source.head(8).unwrap(), b"time,kwh");
            assert_eq!(source.head(4).unwrap(), b"time");
            assert_eq!(source.rest().unwrap(), text);
            let mut limited = Source::of_bytes("plant.csv", &bytes).unwrap().limited(10);
            assert_eq!(limited.rest().unwrap(), b"time,kwh\n2");
            assert!(limited.is_cut());
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b'0'; 100 << 20]).unwrap();
        let bytes = packer.finish().unwrap();
        assert!(bytes.len() < 200_000);
        let error = Source::of_bytes("bomb.gz", &bytes).unwrap().rest().unwrap_err();
        assert!(error.to_string().contains("unpack"), "{error}");
    }

    #[test]
    fn progress_can_stop_the_reading() {
        let path = std::env::temp_dir().join(format!("wattlens-source-{}.csv", std::process::id()));
        std::fs::write(&path, vec![b'x'; 5 << 20]).unwrap();
        let mut seen = Vec::new();
        let mut progress = |bytes: u64| {
            seen.push(bytes);
            if seen.len() < 3 { Ok(()) } else { Err(ErrorKind::Interrupted.into()) }
        };
        let error = Source::open(&path, Some(&mut progress)).unwrap().rest().unwrap_err();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(error.kind(), ErrorKind::Interrupted));
        assert!(seen.len() == 3 && seen.is_sorted() && seen[2] > 1 << 20, "{seen:?}");
    }
}
