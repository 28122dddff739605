// How the numbers of the node went.
import { useMemo } from 'react';
import type { Sample } from '../../api/monitor';
import { useQuery } from '../../api/use_query';
import { Chart } from '../../parts/chart';
import { ErrorNote } from '../../parts/error_note';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';
import { seriesOf } from './series';

const EVERY_MS = 10_000;

export function OverviewCharts({ spanSeconds }: { spanSeconds: number }) {
  const say = useText();
  const answer = useQuery<readonly Sample[]>('/monitor', { query: { latest: spanSeconds }, everyMs: EVERY_MS });
  const { times, ...values } = useMemo(() => seriesOf(answer.data ?? []), [answer.data]);
  if (answer.error && !answer.data) {
    return <ErrorNote error={answer.error} onRetry={answer.reload} />;
  }
  const shared = { times, spanSeconds };
  return (
    <div className="charts" aria-busy={answer.isLoading}>
      <Panel>
        <Chart
          {...shared}
          label={say('overview.rates')}
          series={[
            { label: say('overview.in'), colour: 'accent', values: values.received },
            { label: say('overview.out'), colour: 'second', values: values.sent },
          ]}
        />
      </Panel>
      <Panel>
        <Chart
          {...shared}
          label={say('overview.connections')}
          series={[{ label: say('overview.connected'), colour: 'accent', values: values.connections }]}
        />
      </Panel>
      <Panel>
        <Chart
          {...shared}
          label={say('overview.subscriptions_topics')}
          series={[
            { label: say('overview.subscriptions'), colour: 'accent', values: values.subscriptions },
            { label: say('overview.topics'), colour: 'second', values: values.topics },
          ]}
        />
      </Panel>
      <Panel>
        <Chart
          {...shared}
          label={say('overview.dropped')}
          series={[{ label: say('overview.dropped'), colour: 'bad', values: values.dropped }]}
        />
      </Panel>
    </div>
  );
}
