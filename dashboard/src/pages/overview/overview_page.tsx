// The node at a glance: how it is now, and how it went.
import { useState } from 'react';
import type { Current } from '../../api/monitor';
import { useQuery } from '../../api/use_query';
import { MonitorCharts } from '../../monitor/monitor_charts';
import { SPAN_SECONDS_FIRST, SpanBar } from '../../monitor/span_bar';
import { ErrorNote } from '../../parts/error_note';
import { PageHead } from '../../parts/panel';
import { Tile } from '../../parts/tile';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { ActiveAlarms } from './active_alarms';
import { NodePanel } from './node_panel';
import { OpenAccess } from './open_access';

const NOW_MS = 2000;

export function OverviewPage() {
  const say = useText();
  const format = useFormat();
  const [spanSeconds, setSpanSeconds] = useState(SPAN_SECONDS_FIRST);
  const now = useQuery<Current>('/monitor_current', { everyMs: NOW_MS });
  const number = (pick: (current: Current) => number) => (now.data ? format.short(pick(now.data)) : undefined);
  return (
    <>
      <PageHead
        title={say('page.overview')}
        text={now.data && say('overview.up', { time: format.duration(now.data.node_uptime) })}
        actions={<SpanBar spanSeconds={spanSeconds} onChange={setSpanSeconds} />}
      />
      {now.error && <ErrorNote error={now.error} onRetry={now.reload} />}
      <OpenAccess />
      <ActiveAlarms />
      <div className="tiles">
        <Tile title={say('overview.connections')} value={number(one => one.live_connections)} href="#/clients">
          {now.data && say('overview.sessions', { count: format.short(now.data.cluster_sessions) })}
        </Tile>
        <Tile
          title={say('overview.received')}
          value={number(one => one.received_msg_rate)}
          unit={say('unit.per_second')}
        />
        <Tile title={say('overview.sent')} value={number(one => one.sent_msg_rate)} unit={say('unit.per_second')} />
        <Tile
          title={say('overview.dropped_now')}
          value={number(one => one.dropped_msg_rate)}
          unit={say('unit.per_second')}
          href="#/metrics"
        />
        <Tile title={say('overview.subscriptions')} value={number(one => one.subscriptions)} href="#/subscriptions">
          {now.data && say('overview.shared', { count: format.short(now.data.shared_subscriptions) })}
        </Tile>
        <Tile title={say('overview.topics')} value={number(one => one.topics)} href="#/topics">
          {now.data && say('overview.retained', { count: format.short(now.data.retained_msg_count) })}
        </Tile>
      </div>
      <MonitorCharts
        path="/monitor"
        charts={['rates', 'connections', 'subscriptions', 'dropped']}
        spanSeconds={spanSeconds}
      />
      <NodePanel />
    </>
  );
}
