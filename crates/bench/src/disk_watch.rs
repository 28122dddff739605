//! What the disk has to do for a broker during a window.

use crate::block_device::BlockDevice;
use crate::process_usage::write_call_bytes;
use crate::sync_counter::SyncCounter;
use crate::target::Target;
use serde::{Deserialize, Serialize};

/// Work of a disk in a window; each figure is left out where it cannot be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiskUse {
    /// How often the broker had a file written through (fsync, fdatasync).
    pub syncs: Option<u64>,
    /// Bytes the broker handed to write calls, see [`write_call_bytes`].
    pub write_call_bytes: Option<u64>,
    /// Bytes that the device of the broker's data wrote, for the broker and for everybody else. What the file system held back
    /// in memory at the end of the window is part of it.
    pub device_bytes: Option<u64>,
}

/// Watches the disk for a broker.
#[derive(Debug)]
pub struct DiskWatch {
    pid: Option<u32>,
    syncs: Option<SyncCounter>,
    device: Option<BlockDevice>,
    write_call_bytes: Option<u64>,
    device_bytes: Option<u64>,
}

impl DiskWatch {
    /// Prepares what takes time; nothing is counted before [`DiskWatch::start`].
    #[must_use]
    pub fn attach(target: &Target) -> Self {
        // What was written before the run does not belong to it. A disk that fails will be noticed by the broker.
        let device = target.device.clone().filter(|device| device.settle().is_ok());
        let syncs = target.pid.and_then(SyncCounter::attach);
        Self { pid: target.pid, syncs, device, write_call_bytes: None, device_bytes: None }
    }

    /// Counts from now on.
    pub fn start(&mut self) {
        if let Some(syncs) = &mut self.syncs {
            syncs.start();
        }
        self.write_call_bytes = self.pid.and_then(write_call_bytes);
        self.device_bytes = self.device.as_ref().and_then(BlockDevice::bytes_written);
    }

    /// The counts since the start.
    #[must_use]
    pub fn finish(self) -> DiskUse {
        let since = |start: Option<u64>, end: Option<u64>| start.zip(end).map(|(start, end)| end.saturating_sub(start));
        let write_call_bytes = since(self.write_call_bytes, self.pid.and_then(write_call_bytes));
        let syncs = self.syncs.and_then(SyncCounter::finish);
        // Last, because it takes its time.
        let device = self.device.filter(|device| device.settle().is_ok());
        let device_bytes = since(self.device_bytes, device.and_then(|device| device.bytes_written()));
        DiskUse { syncs, write_call_bytes, device_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Layers;
    use crate::wire::Credentials;
    use dunlin_model::ProtocolVersion;
    use std::io::Write;
    use std::net::{Ipv4Addr, SocketAddr};

    #[test]
    fn what_was_written_before_the_window_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = std::fs::File::create(folder.path().join("file")).unwrap();
        let target = Target {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            layers: Layers::default(),
            version: ProtocolVersion::V4,
            credentials: Credentials::default(),
            pid: Some(std::process::id()),
            device: None,
        };
        let before = write_call_bytes(std::process::id());
        file.write_all(&[0; 5000]).unwrap();
        let mut watch = DiskWatch::attach(&target);
        watch.start();
        file.write_all(&[0; 300]).unwrap();
        let used = watch.finish();
        assert_eq!(used.device_bytes, None);
        // Tests on other threads write too.
        let all = before.zip(write_call_bytes(std::process::id())).map(|(before, after)| after - before);
        assert_eq!(used.write_call_bytes.is_some(), all.is_some());
        if let (Some(used), Some(all)) = (used.write_call_bytes, all) {
            assert!((300..=all - 5000).contains(&used), "{used} of {all}");
        }
    }
}
