// What a client subscribed to; an administrator subscribes it to more, or to less.
import { useState } from 'react';
import type { Subscription } from '../../api/clients';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Dialog } from '../../parts/dialog';
import { Empty } from '../../parts/empty';
import { SelectField, TextField } from '../../parts/field';
import { Form } from '../../parts/form';
import { notify } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { useSubscriptionColumns } from '../../parts/subscription_columns';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';

const QOS_CHOICES = ['0', '1', '2'].map(qos => ({ value: qos, label: `QoS ${qos}` }));

export function ClientSubscriptions({ id }: { id: string }) {
  const say = useText();
  const mayWrite = useMayWrite();
  const [isAdding, setAdding] = useState(false);
  const path = `/clients/${part(id)}`;
  const answer = useQuery<readonly Subscription[]>(`${path}/subscriptions`);
  const remove = async (topic: string) => {
    await request('POST', `${path}/unsubscribe`, { body: { topic } }).then(
      () => notify(say('subscription.removed', { topic })),
      (error: unknown) => notify(error instanceof Error ? error.message : String(error)),
    );
    answer.reload();
  };
  const columns: readonly Column<Subscription>[] = [
    ...useSubscriptionColumns(),
    {
      key: 'remove',
      title: '',
      cell: one =>
        mayWrite && (
          <Button className="button-small" onClick={() => remove(one.topic)}>
            {say('subscription.remove')}
          </Button>
        ),
    },
  ];
  return (
    <Panel
      isFlush
      title={say('client.subscriptions')}
      actions={
        mayWrite && (
          <Button icon="plus" onClick={() => setAdding(true)}>
            {say('subscription.add')}
          </Button>
        )
      }
    >
      <DataTable
        label={say('client.subscriptions')}
        columns={columns}
        rows={answer.data}
        answer={answer}
        rowKey={one => one.topic}
        empty={<Empty icon="list" title={say('subscriptions.none')} />}
      />
      {isAdding && (
        <SubscribeDialog
          path={path}
          onClose={() => {
            setAdding(false);
            answer.reload();
          }}
        />
      )}
    </Panel>
  );
}

function SubscribeDialog({ path, onClose }: { path: string; onClose(): void }) {
  const say = useText();
  const [topic, setTopic] = useState('');
  const [qos, setQos] = useState('0');
  const subscribe = async () => {
    await request('POST', `${path}/subscribe`, { body: { topic, qos: Number(qos) } });
    notify(say('subscription.added', { topic }));
    onClose();
  };
  return (
    <Dialog title={say('subscription.add')} onClose={onClose}>
      <Form submitLabel={say('subscription.add')} onSubmit={subscribe} onCancel={onClose}>
        <TextField
          label={say('subscription.topic')}
          required
          autoFocus
          value={topic}
          onChange={event => setTopic(event.target.value)}
        />
        <SelectField label="QoS" choices={QOS_CHOICES} value={qos} onChange={event => setQos(event.target.value)} />
      </Form>
    </Dialog>
  );
}
