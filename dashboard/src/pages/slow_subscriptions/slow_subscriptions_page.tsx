// Subscriptions whose messages took longest to arrive.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { JsonDialog } from '../../parts/json_dialog';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { linkTo } from '../../state/route';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

interface SlowSubscription {
  readonly clientid: string;
  readonly topic: string;
  // Milliseconds.
  readonly timespan: number;
  readonly last_update_time: number;
}

interface Settings {
  readonly enable: boolean;
  readonly threshold: string;
}

const EVERY_MS = 5000;
const SETTINGS = '/slow_subscriptions/settings';

export function SlowSubscriptionsPage() {
  const say = useText();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const [isEditing, setEditing] = useState(false);
  const answer = useQuery<Page<SlowSubscription>>('/slow_subscriptions', { everyMs: EVERY_MS });
  const settings = useQuery<Settings>(SETTINGS);
  const act = useAction(answer.reload);
  const isOn = settings.data?.enable === true;
  const save = async (value: unknown) => {
    await request('PUT', SETTINGS, { body: value });
    notify(say('settings.changed'));
    settings.reload();
    answer.reload();
  };
  const columns: readonly Column<SlowSubscription>[] = [
    {
      key: 'client',
      title: say('client.id'),
      cell: one => <a href={linkTo('clients', [one.clientid])}>{one.clientid}</a>,
    },
    { key: 'topic', title: say('subscription.topic'), cell: one => <code>{one.topic}</code> },
    { key: 'took', title: say('slow.took'), isNumber: true, cell: one => `${format.number(one.timespan)} ms` },
    { key: 'at', title: say('slow.at'), isMinor: true, cell: one => <Moment at={one.last_update_time} /> },
  ];
  return (
    <>
      <PageHead
        title={say('page.slow_subscriptions')}
        text={settings.data && say(isOn ? 'slow.on' : 'slow.off', { threshold: settings.data.threshold })}
        actions={
          mayWrite &&
          settings.data && (
            <>
              <Button onClick={() => act(() => request('DELETE', '/slow_subscriptions'), say('slow.cleared'))}>
                {say('topics.clear')}
              </Button>
              <Button onClick={() => setEditing(true)}>{say('action.edit')}</Button>
            </>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.slow_subscriptions')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={one => `${one.clientid} ${one.topic}`}
          empty={<Empty icon="snail" title={say('slow.none')} />}
        />
      </Panel>
      {isEditing && (
        <JsonDialog
          title={say('page.slow_subscriptions')}
          value={settings.data}
          onSave={save}
          onClose={() => setEditing(false)}
        />
      )}
    </>
  );
}
