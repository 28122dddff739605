// Messages that wait for a client, or that it has not acknowledged.
import { useState } from 'react';
import type { HeldMessage, HeldMessages } from '../../api/clients';
import { part } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';

const LIMIT = 50;
const PAYLOAD_BYTES_MAX = 200;

export function HeldMessageList({ id, kind }: { id: string; kind: 'mqueue_messages' | 'inflight_messages' }) {
  const say = useText();
  // Where each page begins; the last is the one that is shown.
  const [starts, setStarts] = useState<readonly string[]>(['']);
  const query = { limit: LIMIT, payload: 'plain', max_payload_bytes: PAYLOAD_BYTES_MAX, position: starts.at(-1) };
  const answer = useQuery<HeldMessages>(`/clients/${part(id)}/${kind}`, { query });
  const messages = answer.data?.data;
  const columns: readonly Column<HeldMessage>[] = [
    { key: 'topic', title: say('message.topic'), cell: message => <code>{message.topic}</code> },
    { key: 'payload', title: say('message.payload'), cell: message => <code>{message.payload}</code> },
    { key: 'qos', title: 'QoS', isNumber: true, cell: message => message.qos },
    { key: 'from', title: say('message.from'), isMinor: true, cell: message => message.from_clientid },
    { key: 'at', title: say('message.at'), isMinor: true, cell: message => <Moment at={message.publish_at} /> },
  ];
  const title = say(kind === 'mqueue_messages' ? 'client.queue' : 'client.inflight');
  const hasMore = messages?.length === LIMIT;
  return (
    <Panel
      isFlush
      title={title}
      actions={
        <Button icon="refresh" onClick={answer.reload}>
          {say('action.refresh')}
        </Button>
      }
    >
      <DataTable
        label={title}
        columns={columns}
        rows={messages}
        answer={answer}
        rowKey={message => message.msgid}
        empty={<Empty icon="archive" title={say('messages.none')} />}
      />
      {(hasMore || starts.length > 1) && (
        <nav className="pager" aria-label={say('pager.label')}>
          <Button disabled={starts.length === 1} onClick={() => setStarts(starts.slice(0, -1))}>
            {say('pager.previous')}
          </Button>
          <Button disabled={!hasMore} onClick={() => setStarts([...starts, answer.data?.meta.position ?? ''])}>
            {say('pager.next')}
          </Button>
        </nav>
      )}
    </Panel>
  );
}
