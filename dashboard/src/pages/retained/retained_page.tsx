// Retained messages: what a new subscriber gets first.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { bytesOf } from '../../mqtt/base64';
import { prettyPayload } from '../../mqtt/payload';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { type Column, DataTable } from '../../parts/data_table';
import { Dialog } from '../../parts/dialog';
import { Empty } from '../../parts/empty';
import { ErrorNote } from '../../parts/error_note';
import { TextField } from '../../parts/field';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useLater } from '../../state/use_later';
import { useText } from '../../text/text';
import { RetainerDialog } from './retainer_dialog';

interface Retained {
  readonly topic: string;
  readonly qos: number;
  readonly publish_at: string;
  readonly from_clientid: string;
  readonly payload?: string;
}

const LIMIT = 50;

export function RetainedPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const [topic, setTopic] = useState('');
  const [page, setPage] = useState(1);
  const [shown, setShown] = useState<string | null>(null);
  const [isClearing, setClearing] = useState(false);
  const [isSetting, setSetting] = useState(false);
  const settings = useQuery<{ readonly enable: boolean }>('/mqtt/retainer');
  const answer = useQuery<Page<Retained>>('/mqtt/retainer/messages', {
    query: { topic: useLater(topic), page, limit: LIMIT },
  });
  const clear = async () => {
    await request('DELETE', '/mqtt/retainer/messages');
    notify(say('retained.cleared'));
    answer.reload();
  };
  return (
    <>
      <PageHead
        title={say('page.retained')}
        text={say('retained.text')}
        actions={
          mayWrite && (
            <>
              <Button icon="settings" onClick={() => setSetting(true)}>
                {say('page.settings')}
              </Button>
              <Button kind="danger" onClick={() => setClearing(true)}>
                {say('retained.clear')}
              </Button>
            </>
          )
        }
      />
      {settings.data?.enable === false && <p className="note note-warning">{say('retained.off')}</p>}
      <search className="filters">
        <TextField
          label={say('subscription.topic')}
          type="search"
          value={topic}
          onChange={event => {
            setTopic(event.target.value);
            setPage(1);
          }}
        />
      </search>
      <Panel isFlush>
        <DataTable
          label={say('page.retained')}
          columns={useColumns(answer.reload, setShown)}
          rows={answer.data?.data}
          answer={answer}
          rowKey={message => message.topic}
          empty={<Empty icon="pin" title={say(topic === '' ? 'retained.none' : 'retained.none_found')} />}
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
      {shown !== null && <RetainedDialog topic={shown} onClose={() => setShown(null)} />}
      {isSetting && (
        <RetainerDialog
          onClose={() => {
            setSetting(false);
            settings.reload();
          }}
        />
      )}
      {isClearing && (
        <Confirm
          title={say('retained.clear')}
          actionLabel={say('retained.clear')}
          onConfirm={clear}
          onClose={() => setClearing(false)}
        >
          {say('retained.clear_text')}
        </Confirm>
      )}
    </>
  );
}

function useColumns(reload: () => void, show: (topic: string) => void): readonly Column<Retained>[] {
  const say = useText();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  return [
    { key: 'topic', title: say('message.topic'), cell: message => <code>{message.topic}</code> },
    { key: 'qos', title: 'QoS', isNumber: true, cell: message => message.qos },
    { key: 'from', title: say('message.from'), isMinor: true, cell: message => message.from_clientid },
    { key: 'at', title: say('message.at'), isMinor: true, cell: message => <Moment at={message.publish_at} /> },
    {
      key: 'actions',
      title: '',
      cell: message => (
        <>
          <Button className="button-small" onClick={() => show(message.topic)}>
            {say('action.show')}
          </Button>
          {mayWrite && (
            <Button
              className="button-small"
              kind="danger"
              onClick={() =>
                act(
                  () => request('DELETE', `/mqtt/retainer/message/${part(message.topic)}`),
                  say('retained.removed', { topic: message.topic }),
                )
              }
            >
              {say('action.remove')}
            </Button>
          )}
        </>
      ),
    },
  ];
}

function RetainedDialog({ topic, onClose }: { topic: string; onClose(): void }) {
  const answer = useQuery<Retained>(`/mqtt/retainer/message/${part(topic)}`);
  return (
    <Dialog title={topic} isWide onClose={onClose}>
      {answer.error && <ErrorNote error={answer.error} />}
      {answer.data && <pre className="payload">{prettyPayload(bytesOf(answer.data.payload ?? ''))}</pre>}
    </Dialog>
  );
}
