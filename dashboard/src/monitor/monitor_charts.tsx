// How the numbers of a node went.
import { useMemo } from 'react';
import type { Sample } from '../api/monitor';
import { useQuery } from '../api/use_query';
import { Chart, type Series } from '../parts/chart';
import { ErrorNote } from '../parts/error_note';
import { Panel } from '../parts/panel';
import { type Say, type TextKey, useText } from '../text/text';
import { type Lines, seriesOf } from './series';

const EVERY_MS = 10_000;
// A node that has just begun does not have its first minutes in a corner.
const SPAN_SECONDS_MIN = 120;

type LineName = Exclude<keyof Lines, 'times'>;
type Line = readonly [title: TextKey, colour: string, values: LineName];

interface ChartPlan {
  readonly title: TextKey;
  readonly lines: readonly Line[];
  readonly isBytes?: boolean;
}

const CHARTS = {
  rates: {
    title: 'overview.rates',
    lines: [
      ['overview.in', 'accent', 'received'],
      ['overview.out', 'second', 'sent'],
    ],
  },
  bytes: {
    title: 'node.bytes',
    lines: [
      ['overview.in', 'accent', 'receivedBytes'],
      ['overview.out', 'second', 'sentBytes'],
    ],
    isBytes: true,
  },
  connections: {
    title: 'overview.connections',
    lines: [
      ['overview.connected', 'accent', 'connections'],
      ['node.sessions', 'second', 'sessions'],
    ],
  },
  subscriptions: {
    title: 'overview.subscriptions_topics',
    lines: [
      ['overview.subscriptions', 'accent', 'subscriptions'],
      ['overview.topics', 'second', 'topics'],
    ],
  },
  dropped: { title: 'overview.dropped_rate', lines: [['overview.dropped_now', 'bad', 'dropped']] },
  retained: { title: 'page.retained', lines: [['overview.retained_messages', 'accent', 'retained']] },
} as const satisfies Record<string, ChartPlan>;

export type ChartName = keyof typeof CHARTS;

export interface MonitorChartsProps {
  // Where the samples are.
  readonly path: string;
  readonly charts: readonly ChartName[];
  readonly spanSeconds: number;
}

export function MonitorCharts({ path, charts, spanSeconds }: MonitorChartsProps) {
  const say = useText();
  const answer = useQuery<readonly Sample[]>(path, { query: { latest: spanSeconds }, everyMs: EVERY_MS });
  const lines = useMemo(() => seriesOf(answer.data ?? []), [answer.data]);
  if (answer.error && !answer.data) {
    return <ErrorNote error={answer.error} onRetry={answer.reload} />;
  }
  const { times } = lines;
  const passed = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const span = Math.min(spanSeconds, Math.max(SPAN_SECONDS_MIN, passed));
  return (
    <div className="charts" aria-busy={answer.isLoading}>
      {charts.map(name => {
        const plan: ChartPlan = CHARTS[name];
        return (
          <Panel key={name}>
            <Chart
              label={say(plan.title)}
              times={times}
              spanSeconds={span}
              series={seriesOfPlan(plan, lines, say)}
              isBytes={plan.isBytes ?? false}
              emptyText={answer.data && times.length < 2 ? say('chart.collecting') : undefined}
            />
          </Panel>
        );
      })}
    </div>
  );
}

function seriesOfPlan(plan: ChartPlan, lines: Lines, say: Say): readonly Series[] {
  return plan.lines.map(([title, colour, values]) => ({ label: say(title), colour, values: lines[values] }));
}
