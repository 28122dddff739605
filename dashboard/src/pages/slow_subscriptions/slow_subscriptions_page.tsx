// Whose deliveries take longest, and of which topics.
import { useState } from 'react';
import { request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { linkTo } from '../../state/route';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { type SlowSettings, SlowSettingsDialog } from './slow_settings_dialog';

interface SlowSubscription {
  readonly clientid: string;
  readonly node: string;
  readonly topic: string;
  // Milliseconds.
  readonly timespan: number;
  // Milliseconds since 1970.
  readonly last_update_time: number;
}

const EVERY_MS = 2000;

export function SlowSubscriptionsPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const settings = useQuery<SlowSettings>('/slow_subscriptions/settings');
  const answer = useQuery<{ readonly data: readonly SlowSubscription[] }>('/slow_subscriptions', {
    everyMs: EVERY_MS,
  });
  const act = useAction(answer.reload);
  const [isChanging, setChanging] = useState(false);
  const isOff = settings.data?.enable === false;
  const actions = mayWrite && settings.data !== undefined && (
    <>
      <Button onClick={() => act(() => request('DELETE', '/slow_subscriptions'), say('slow.forgotten'))}>
        {say('slow.forget')}
      </Button>
      <Button kind="primary" icon="settings" onClick={() => setChanging(true)}>
        {say('slow.change')}
      </Button>
    </>
  );
  return (
    <>
      <PageHead title={say('page.slow_subscriptions')} text={say('slow.text')} actions={actions} />
      <Panel isFlush>
        <DataTable
          label={say('page.slow_subscriptions')}
          columns={useColumns()}
          rows={answer.data?.data}
          answer={answer}
          rowKey={one => `${one.node}\u0000${one.clientid}\u0000${one.topic}`}
          empty={
            <Empty icon="clock" title={say(isOff ? 'slow.off' : 'slow.none')}>
              {isOff ? say('slow.off_text') : say('slow.none_text', { threshold: settings.data?.threshold ?? '' })}
            </Empty>
          }
        />
      </Panel>
      {isChanging && settings.data !== undefined && (
        <SlowSettingsDialog
          settings={settings.data}
          onClose={() => {
            setChanging(false);
            settings.reload();
            answer.reload();
          }}
        />
      )}
    </>
  );
}

function useColumns(): readonly Column<SlowSubscription>[] {
  const say = useText();
  const format = useFormat();
  return [
    {
      key: 'client',
      title: say('client.id'),
      cell: one => <a href={linkTo('clients', [one.clientid])}>{one.clientid}</a>,
    },
    { key: 'topic', title: say('message.topic'), cell: one => <code>{one.topic}</code> },
    {
      key: 'timespan',
      title: say('slow.timespan'),
      isNumber: true,
      cell: one => `${format.number(one.timespan)} ms`,
    },
    { key: 'at', title: say('slow.at'), isMinor: true, cell: one => <Moment at={one.last_update_time} /> },
  ];
}
