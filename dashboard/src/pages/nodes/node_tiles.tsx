// What matters most about a node and its machine.
import type { NodeObject } from '../../api/monitor';
import { Tile } from '../../parts/tile';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

const MINUTE_MS = 60_000;

export function NodeTiles({ node }: { node: NodeObject }) {
  const say = useText();
  const format = useFormat();
  // Who has run for minutes does not count seconds.
  const uptime = node.uptime < MINUTE_MS ? node.uptime : node.uptime - (node.uptime % MINUTE_MS);
  const share = node.memory_total > 0 ? node.memory_used / node.memory_total : 0;
  return (
    <div className="tiles">
      <Tile title={say('node.uptime')} value={format.duration(uptime)}>
        {format.minute(Date.now() - node.uptime)}
      </Tile>
      <Tile title={say('overview.connections')} value={format.short(node.live_connections)} href="#/clients">
        {say('overview.sessions', { count: format.short(node.cluster_sessions) })}
      </Tile>
      <Tile title={say('node.process_memory')} value={format.bytes(node.process_memory)}>
        {say('node.threads', { count: format.number(node.process_used) })}
      </Tile>
      <Tile title={say('node.machine_memory')} value={format.percent(share)}>
        {format.bytes(node.memory_used)} / {format.bytes(node.memory_total)}
      </Tile>
      <Tile title={say('node.load_spans')} value={node.load1.toFixed(2)}>
        {[node.load5, node.load15].map(load => load.toFixed(2)).join(' · ')}
      </Tile>
      <Tile title={say('node.version')} value={node.version}>
        {node.role === 'core' ? say('node.role_core') : node.role}
      </Tile>
    </div>
  );
}
