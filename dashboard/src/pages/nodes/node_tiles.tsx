// What matters most about a node and its machine.
import type { NodeObject } from '../../api/monitor';
import { Tile } from '../../parts/tile';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

export function NodeTiles({ node }: { node: NodeObject }) {
  const say = useText();
  const format = useFormat();
  const share = node.memory_total > 0 ? node.memory_used / node.memory_total : 0;
  return (
    <div className="tiles">
      <Tile title={say('node.uptime')} value={format.duration(node.uptime)}>
        {say('node.since', { time: format.moment(Date.now() - node.uptime) })}
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
      <Tile title={say('node.load')} value={node.load1.toFixed(2)}>
        {say('node.load_before', { five: node.load5.toFixed(2), fifteen: node.load15.toFixed(2) })}
      </Tile>
    </div>
  );
}
