// A node: how loaded it and its machine are, how that went, and where clients reach it. Without a name it is the one that answers.
import { useState } from 'react';
import type { NodeObject } from '../../api/monitor';
import { part } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { type ChartName, MonitorCharts } from '../../monitor/monitor_charts';
import { SPAN_SECONDS_FIRST, SpanBar } from '../../monitor/span_bar';
import { Badge } from '../../parts/badge';
import { Empty } from '../../parts/empty';
import { ErrorNote } from '../../parts/error_note';
import { PageHead } from '../../parts/panel';
import { useRoute } from '../../state/route';
import { useText } from '../../text/text';
import { NodeFacts } from './node_facts';
import { NodeListeners } from './node_listeners';
import { NodeTiles } from './node_tiles';

const EVERY_MS = 5000;
const CHARTS: readonly ChartName[] = ['rates', 'bytes', 'connections', 'subscriptions', 'dropped', 'retained'];

export function NodesPage() {
  const say = useText();
  const [name] = useRoute().rest;
  const [spanSeconds, setSpanSeconds] = useState(SPAN_SECONDS_FIRST);
  const answer = useQuery<readonly NodeObject[]>('/nodes', { everyMs: EVERY_MS });
  const node = name === undefined ? answer.data?.[0] : answer.data?.find(one => one.node === name);
  const isRunning = node?.node_status === 'running';
  return (
    <>
      <PageHead
        title={node?.node ?? name ?? say('page.nodes')}
        text={
          node && <Badge tone={isRunning ? 'good' : 'bad'}>{say(isRunning ? 'state.running' : 'state.stopped')}</Badge>
        }
        actions={<SpanBar spanSeconds={spanSeconds} onChange={setSpanSeconds} />}
      />
      {answer.error && <ErrorNote error={answer.error} onRetry={answer.reload} />}
      {answer.data && node === undefined && <Empty icon="server" title={say('node.unknown')} />}
      {node && (
        <>
          <NodeTiles node={node} />
          <MonitorCharts path={`/monitor/nodes/${part(node.node)}`} charts={CHARTS} spanSeconds={spanSeconds} />
          <NodeFacts node={node} />
          <NodeListeners />
        </>
      )}
    </>
  );
}
