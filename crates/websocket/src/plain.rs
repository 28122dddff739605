//! Messages that are not compressed: payload moves to the front of the buffer it was read into.

use crate::Ending;
use crate::frame_reader::{FrameReader, Part};
use crate::frame_writer::FrameWriter;

/// Reduces frames in `bytes` to their payload at the front of it; the payload's length, and the end of the connection if it
/// is among them. Pings are answered.
///
/// Frames and MQTT packets have nothing to do with each other [MQTT-6.0.0-2], so that what a frame holds can be handed on
/// before the frame is complete.
pub(crate) fn strip_frames(
    reader: &mut FrameReader,
    writer: &mut FrameWriter,
    bytes: &mut [u8],
) -> (usize, Option<Ending>) {
    let (mut at, mut made) = (0, 0);
    while let Some(rest) = bytes.get_mut(at..)
        && !rest.is_empty()
    {
        let (part, used) = match reader.next(rest) {
            Ok(read) => read,
            Err(violation) => return (made, Some(Ending::Violation(violation))),
        };
        match part {
            Part::Nothing => {}
            Part::Data { from, .. } => {
                bytes.copy_within(at + from..at + used, made);
                made += used - from;
            }
            Part::Ping(payload) => writer.answer_ping(payload),
            Part::Close(code) => return (made, Some(Ending::ClosedByPeer(code))),
        }
        at += used;
    }
    (made, None)
}
