// What goes through single topics that somebody chose.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Dialog } from '../../parts/dialog';
import { Empty } from '../../parts/empty';
import { TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

interface TopicMetrics {
  readonly topic: string;
  readonly create_time: string;
  readonly reset_time?: string;
  readonly metrics: Readonly<Record<string, number>>;
}

const EVERY_MS = 2000;

export function TopicMetricsPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly TopicMetrics[]>('/mqtt/topic_metrics', { everyMs: EVERY_MS });
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
      {say('topic_metrics.add')}
    </Button>
  );
  return (
    <>
      <PageHead title={say('page.topic_metrics')} text={say('topic_metrics.text')} actions={mayWrite && add} />
      <Panel isFlush>
        <DataTable
          label={say('page.topic_metrics')}
          columns={useColumns(answer.reload)}
          rows={answer.data}
          answer={answer}
          rowKey={one => one.topic}
          empty={
            <Empty icon="chart" title={say('topic_metrics.none')}>
              {say('topic_metrics.none_text')}
            </Empty>
          }
        />
      </Panel>
      {isAdding && (
        <TopicDialog
          onClose={() => {
            setAdding(false);
            answer.reload();
          }}
        />
      )}
    </>
  );
}

function useColumns(reload: () => void): readonly Column<TopicMetrics>[] {
  const say = useText();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  const number = (title: string, name: string): Column<TopicMetrics> => ({
    key: name,
    title,
    isNumber: true,
    isMinor: name === 'messages.dropped',
    cell: one => (
      <>
        {format.number(one.metrics[`${name}.count`] ?? 0)}
        <span className="rate rate-below">
          {format.short(one.metrics[`${name}.rate`] ?? 0)}
          {say('unit.per_second')}
        </span>
      </>
    ),
  });
  return [
    { key: 'topic', title: say('message.topic'), cell: one => <code>{one.topic}</code> },
    number(say('overview.in'), 'messages.in'),
    number(say('overview.out'), 'messages.out'),
    number(say('overview.dropped_now'), 'messages.dropped'),
    {
      key: 'since',
      title: say('client.since'),
      isMinor: true,
      cell: one => <Moment at={one.reset_time ?? one.create_time} />,
    },
    {
      key: 'actions',
      title: '',
      cell: one =>
        mayWrite && (
          <>
            <Button
              className="button-small"
              onClick={() =>
                act(
                  () => request('PUT', '/mqtt/topic_metrics', { body: { action: 'reset', topic: one.topic } }),
                  say('topic_metrics.reset_done'),
                )
              }
            >
              {say('action.reset')}
            </Button>
            <Button
              className="button-small"
              kind="danger"
              onClick={() =>
                act(
                  () => request('DELETE', `/mqtt/topic_metrics/${part(one.topic)}`),
                  say('topic_metrics.removed', { topic: one.topic }),
                )
              }
            >
              {say('action.remove')}
            </Button>
          </>
        ),
    },
  ];
}

function TopicDialog({ onClose }: { onClose(): void }) {
  const say = useText();
  const [topic, setTopic] = useState('');
  const add = async () => {
    await request('POST', '/mqtt/topic_metrics', { body: { topic } });
    notify(say('topic_metrics.added', { topic }));
    onClose();
  };
  return (
    <Dialog title={say('topic_metrics.add')} onClose={onClose}>
      <Form submitLabel={say('topic_metrics.add')} onSubmit={add} onCancel={onClose}>
        <TextField
          label={say('message.topic')}
          required
          autoFocus
          value={topic}
          onChange={event => setTopic(event.target.value)}
        />
      </Form>
    </Dialog>
  );
}
