//! What goes over one connection, counted.

use dunlin_model::Qos;

/// What has gone over one connection. Counters of 32 bits keep an idle client small; whoever has it adds them up before they overflow:
/// see [`Traffic::take_if_full`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Reads from the socket that gave something.
    pub reads: u32,
    /// Bytes of MQTT that were read.
    pub read_bytes: u32,
    /// Packets from the client.
    pub packets_received: u32,
    /// Writes to the socket.
    pub writes: u32,
    /// Bytes of MQTT that were written.
    pub written_bytes: u32,
    /// Packets to the client.
    pub packets_sent: u32,
    /// PUBLISH packets from the client, by quality of service.
    pub messages_received: [u32; 3],
    /// PUBLISH packets to the client, by quality of service.
    pub messages_sent: [u32; 3],
}

/// The same added up, for as long as it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficTotal {
    /// [`Traffic::reads`]
    pub reads: u64,
    /// [`Traffic::read_bytes`]
    pub read_bytes: u64,
    /// [`Traffic::packets_received`]
    pub packets_received: u64,
    /// [`Traffic::writes`]
    pub writes: u64,
    /// [`Traffic::written_bytes`]
    pub written_bytes: u64,
    /// [`Traffic::packets_sent`]
    pub packets_sent: u64,
    /// [`Traffic::messages_received`]
    pub messages_received: [u64; 3],
    /// [`Traffic::messages_sent`]
    pub messages_sent: [u64; 3],
}

/// From here on there is room for as much again, which no single read or write brings.
const FULL: u32 = 1 << 31;

impl Traffic {
    /// So many bytes were read at once.
    #[inline]
    pub const fn count_read(&mut self, bytes: usize) {
        self.reads = self.reads.wrapping_add(1);
        self.read_bytes = self.read_bytes.wrapping_add(low_bits(bytes));
    }

    /// So many bytes were written at once.
    #[inline]
    pub const fn count_written(&mut self, bytes: usize) {
        self.writes = self.writes.wrapping_add(1);
        self.written_bytes = self.written_bytes.wrapping_add(low_bits(bytes));
    }

    /// So many packets came.
    #[inline]
    pub const fn count_packets_received(&mut self, count: u64) {
        self.packets_received = self.packets_received.wrapping_add((count & u32::MAX as u64) as u32);
    }

    /// A PUBLISH is sent.
    #[inline]
    pub(crate) const fn count_publish_sent(&mut self, qos: Qos) {
        self.packets_sent = self.packets_sent.wrapping_add(1);
        let count = &mut self.messages_sent[qos as usize];
        *count = count.wrapping_add(1);
    }

    /// Another packet is sent.
    #[inline]
    pub const fn count_packet_sent(&mut self) {
        self.packets_sent = self.packets_sent.wrapping_add(1);
    }

    /// A PUBLISH came.
    #[inline]
    pub(crate) const fn count_publish_received(&mut self, qos: Qos) {
        let count = &mut self.messages_received[qos as usize];
        *count = count.wrapping_add(1);
    }

    /// Gives what was counted, and begins anew, where the counters could overflow. Every packet has bytes, so these come first. To be
    /// asked after each read and each write.
    #[inline]
    pub fn take_if_full(&mut self) -> Option<Self> {
        (self.read_bytes.max(self.written_bytes) >= FULL).then(|| std::mem::take(self))
    }
}

impl TrafficTotal {
    /// Adds what was counted.
    pub fn add(&mut self, traffic: &Traffic) {
        let Self {
            reads,
            read_bytes,
            packets_received,
            writes,
            written_bytes,
            packets_sent,
            messages_received,
            messages_sent,
        } = self;
        for (total, count) in [
            (reads, traffic.reads),
            (read_bytes, traffic.read_bytes),
            (packets_received, traffic.packets_received),
            (writes, traffic.writes),
            (written_bytes, traffic.written_bytes),
            (packets_sent, traffic.packets_sent),
        ] {
            *total += u64::from(count);
        }
        for (totals, counts) in [(messages_received, traffic.messages_received), (messages_sent, traffic.messages_sent)]
        {
            for (total, count) in totals.iter_mut().zip(counts) {
                *total += u64::from(count);
            }
        }
    }
}

const fn low_bits(bytes: usize) -> u32 {
    // One read or write has far less.
    (bytes & u32::MAX as usize) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_where_counters_overflow() {
        let (mut traffic, mut total) = (Traffic::default(), TrafficTotal::default());
        for _ in 0..5 {
            traffic.count_read(1 << 30);
            traffic.count_written(3 << 29);
            traffic.count_publish_sent(Qos::AtLeastOnce);
            traffic.count_publish_received(Qos::ExactlyOnce);
            if let Some(full) = traffic.take_if_full() {
                total.add(&full);
            }
        }
        total.add(&traffic);
        assert_eq!((total.reads, total.read_bytes, total.written_bytes), (5, 5 << 30, 15 << 29));
        assert_eq!((total.packets_sent, total.messages_sent, total.messages_received), (5, [0, 5, 0], [0, 0, 5]));
    }

    #[test]
    fn it_is_small() {
        assert_eq!(size_of::<Traffic>(), 48);
    }
}
