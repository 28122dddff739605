// What is not as it should be, and what was not.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { ChoiceBar } from '../../parts/choice_bar';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useAlarmName } from '../../text/alarm_names';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

interface Alarm {
  readonly name: string;
  readonly message: string;
  // Milliseconds.
  readonly duration: number;
  readonly activate_at: string;
  readonly deactivate_at?: string;
}

const LIMIT = 50;
const EVERY_MS = 5000;

export function AlarmsPage() {
  const say = useText();
  const format = useFormat();
  const nameOf = useAlarmName();
  const mayWrite = useMayWrite();
  const [shown, setShown] = useState('active');
  const [page, setPage] = useState(1);
  const answer = useQuery<Page<Alarm>>('/alarms', {
    query: { activated: shown === 'active', page, limit: LIMIT },
    everyMs: EVERY_MS,
  });
  const act = useAction(answer.reload);
  const columns: readonly Column<Alarm>[] = [
    {
      key: 'name',
      title: say('alarm.name'),
      cell: alarm => (
        <>
          {nameOf(alarm.name)}
          <div>
            <code className="faint">{alarm.name}</code>
          </div>
        </>
      ),
    },
    { key: 'message', title: say('alarm.message'), cell: alarm => alarm.message },
    { key: 'since', title: say('alarm.since'), cell: alarm => <Moment at={alarm.activate_at} /> },
    { key: 'duration', title: say('alarm.duration'), isMinor: true, cell: alarm => format.duration(alarm.duration) },
    {
      key: 'end',
      title: '',
      cell: alarm =>
        mayWrite &&
        shown === 'active' && (
          <Button
            className="button-small"
            onClick={() =>
              act(() => request('POST', '/alarms/force_deactivate', { body: { name: alarm.name } }), say('alarm.ended'))
            }
          >
            {say('alarm.end')}
          </Button>
        ),
    },
  ];
  return (
    <>
      <PageHead
        title={say('page.alarms')}
        text={say('alarms.text')}
        actions={
          <>
            {mayWrite && shown === 'past' && (
              <Button onClick={() => act(() => request('DELETE', '/alarms'), say('alarms.cleared'))}>
                {say('alarms.clear')}
              </Button>
            )}
            <ChoiceBar
              label={say('alarms.shown')}
              choices={[
                { value: 'active', label: say('alarms.active') },
                { value: 'past', label: say('alarms.past') },
              ]}
              value={shown}
              onChange={value => {
                setShown(value);
                setPage(1);
              }}
            />
          </>
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.alarms')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={alarm => `${alarm.name} ${alarm.activate_at}`}
          empty={
            <Empty icon="alarm" title={say(shown === 'active' ? 'alarms.none' : 'alarms.none_past')}>
              {shown === 'active' && say('alarms.none_text')}
            </Empty>
          }
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
    </>
  );
}
