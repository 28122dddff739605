// Messages that are to be published later.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { DelayedDialog } from './delayed_dialog';

interface Delayed {
  readonly msgid: string;
  readonly node: string;
  readonly topic: string;
  readonly qos: number;
  readonly publish_at: string;
  readonly expected_at: string;
  // Seconds.
  readonly delayed_interval: number;
  readonly from_clientid: string;
}

const LIMIT = 50;
const EVERY_MS = 5000;

export function DelayedPage() {
  const say = useText();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const [page, setPage] = useState(1);
  const [isSetting, setSetting] = useState(false);
  const settings = useQuery<{ readonly enable: boolean }>('/mqtt/delayed');
  const answer = useQuery<Page<Delayed>>('/mqtt/delayed/messages', {
    query: { page, limit: LIMIT },
    everyMs: EVERY_MS,
  });
  const act = useAction(answer.reload);
  const columns: readonly Column<Delayed>[] = [
    { key: 'topic', title: say('message.topic'), cell: message => <code>{message.topic}</code> },
    { key: 'due', title: say('delayed.due'), cell: message => <Moment at={message.expected_at} /> },
    {
      key: 'delay',
      title: say('delayed.delay'),
      isMinor: true,
      cell: message => format.duration(message.delayed_interval * 1000),
    },
    { key: 'qos', title: 'QoS', isNumber: true, isMinor: true, cell: message => message.qos },
    { key: 'from', title: say('message.from'), isMinor: true, cell: message => message.from_clientid },
    {
      key: 'actions',
      title: '',
      cell: message =>
        mayWrite && (
          <Button
            className="button-small"
            kind="danger"
            onClick={() =>
              act(
                () => request('DELETE', `/mqtt/delayed/messages/${part(message.node)}/${part(message.msgid)}`),
                say('delayed.removed'),
              )
            }
          >
            {say('action.remove')}
          </Button>
        ),
    },
  ];
  return (
    <>
      <PageHead
        title={say('page.delayed')}
        text={say('delayed.text')}
        actions={
          mayWrite && (
            <Button icon="settings" onClick={() => setSetting(true)}>
              {say('page.settings')}
            </Button>
          )
        }
      />
      {settings.data?.enable === false && <p className="note note-warning">{say('delayed.off')}</p>}
      <Panel isFlush>
        <DataTable
          label={say('page.delayed')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={message => `${message.node} ${message.msgid}`}
          empty={
            <Empty icon="clock" title={say('delayed.none')}>
              {say('delayed.none_text')}
            </Empty>
          }
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
      {isSetting && (
        <DelayedDialog
          onClose={() => {
            setSetting(false);
            settings.reload();
            answer.reload();
          }}
        />
      )}
    </>
  );
}
