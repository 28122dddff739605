// What is published, as a tree that lives: this browser subscribes like any other client.
import { useEffect, useRef, useState } from 'react';
import { ConnectForm } from '../../mqtt/connect_form';
import { type Connection, type Incoming, useConnection } from '../../mqtt/use_connection';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { TextField } from '../../parts/field';
import { PageHead, Panel } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { TopicPanel } from './topic_panel';
import { TopicTree } from './topic_tree';
import { TreeView } from './tree_view';

const DRAWN_EVERY_MS = 250;

export function TopicsPage() {
  const say = useText();
  const format = useFormat();
  const tree = useRef(new TopicTree());
  const isNew = useRef(false);
  const [, setDrawn] = useState(0);
  const [filter, setFilter] = useState('#');
  const [wanted, setWanted] = useState('');
  const [selected, setSelected] = useState<string | null>(null);
  const [refused, setRefused] = useState('');
  const connection = useConnection((message: Incoming) => {
    tree.current.add(message);
    isNew.current = true;
  });
  const { state, subscribe } = connection;
  const latestSubscribe = useRef(subscribe);
  latestSubscribe.current = subscribe;

  // Thousands of messages are drawn as one.
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (isNew.current) {
        isNew.current = false;
        setDrawn(round => round + 1);
      }
    }, DRAWN_EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each connection, with the filter of then
  useEffect(() => {
    if (state === 'connected') {
      setRefused('');
      subscribeTo(latestSubscribe.current, filter).catch((error: unknown) =>
        setRefused(error instanceof Error ? error.message : String(error)),
      );
    }
  }, [state]);

  const clear = () => {
    tree.current = new TopicTree();
    setSelected(null);
    setDrawn(round => round + 1);
  };
  const { nodes, messages, leftOut } = tree.current;
  const node = selected === null ? undefined : tree.current.find(selected);
  return (
    <>
      <PageHead
        title={say('page.topics')}
        text={say('topics.text')}
        actions={
          state !== 'closed' && (
            <>
              <Badge tone={state === 'connected' ? 'good' : 'warning'}>
                {say(state === 'connected' ? 'state.connected' : 'state.connecting')}
              </Badge>
              <Button onClick={clear}>{say('topics.clear')}</Button>
              <Button onClick={connection.disconnect}>{say('client.kick')}</Button>
            </>
          )
        }
      />
      {refused !== '' && (
        <p className="note note-danger" role="alert">
          {say('topics.refused', { filter, reason: refused })}
        </p>
      )}
      {state === 'closed' && nodes === 0 ? (
        <Panel title={say('websocket.connect')}>
          <div className="form">
            <TextField
              label={say('subscription.topic')}
              hint={say('topics.filter_hint')}
              required
              value={filter}
              onChange={event => setFilter(event.target.value)}
            />
            <ConnectForm connection={connection} clientPrefix="dashboard-topics" />
          </div>
        </Panel>
      ) : (
        <div className="topic-panes">
          <Panel
            title={say('topics.count', { topics: format.number(nodes), messages: format.number(messages) })}
            isFlush
          >
            <div className="panel-search">
              <TextField
                label={say('topics.search')}
                type="search"
                value={wanted}
                onChange={event => setWanted(event.target.value)}
              />
            </div>
            {leftOut > 0 && (
              <p className="note note-warning">{say('topics.left_out', { count: format.number(leftOut) })}</p>
            )}
            <TreeView
              tree={tree.current}
              wanted={wanted.trim().toLowerCase()}
              selected={selected}
              onSelect={setSelected}
            />
          </Panel>
          <TopicPanel node={node} />
        </div>
      )}
    </>
  );
}

// The rules that come with a node refuse `#` itself to everybody; in two parts it is a wish like any other.
async function subscribeTo(subscribe: Connection['subscribe'], filter: string): Promise<void> {
  try {
    await subscribe(filter, 0);
  } catch (error) {
    if (filter !== '#') {
      throw error;
    }
    await subscribe('+', 0);
    await subscribe('+/+/#', 0);
  }
}
