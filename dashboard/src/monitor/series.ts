// Samples as lines of a chart: what happened becomes a rate, and gaps stay gaps.
import type { Sample } from '../api/monitor';

export interface Lines {
  // Seconds since 1970.
  readonly times: number[];
  readonly connections: (number | null)[];
  readonly sessions: (number | null)[];
  readonly subscriptions: (number | null)[];
  readonly topics: (number | null)[];
  readonly retained: (number | null)[];
  // For each second.
  readonly received: (number | null)[];
  readonly sent: (number | null)[];
  readonly dropped: (number | null)[];
  readonly receivedBytes: (number | null)[];
  readonly sentBytes: (number | null)[];
}

// So much longer than the time between the samples before is a time when the node did not run.
const GAP_FACTOR = 4;
const FIRST_STEP_SECONDS = 10;

export function seriesOf(samples: readonly Sample[]): Lines {
  const lines: Lines = {
    times: [],
    connections: [],
    sessions: [],
    subscriptions: [],
    topics: [],
    retained: [],
    received: [],
    sent: [],
    dropped: [],
    receivedBytes: [],
    sentBytes: [],
  };
  let before: number | undefined;
  let step = FIRST_STEP_SECONDS;
  for (const sample of samples) {
    const time = sample.time_stamp / 1000;
    const passed = before === undefined ? step : time - before;
    if (before !== undefined && passed > GAP_FACTOR * step) {
      addGap(lines, before + step);
    } else if (passed > 0) {
      step = passed;
    }
    before = time;
    lines.times.push(time);
    lines.connections.push(sample.live_connections);
    lines.sessions.push(sample.cluster_sessions);
    lines.subscriptions.push(sample.subscriptions);
    lines.topics.push(sample.topics);
    lines.retained.push(sample.retained_msg_count);
    lines.received.push(sample.received / step);
    lines.sent.push(sample.sent / step);
    lines.dropped.push(sample.dropped / step);
    lines.receivedBytes.push(sample.received_bytes / step);
    lines.sentBytes.push(sample.sent_bytes / step);
  }
  return lines;
}

function addGap(lines: Lines, time: number): void {
  const { times, ...values } = lines;
  times.push(time);
  for (const line of Object.values(values)) {
    line.push(null);
  }
}
