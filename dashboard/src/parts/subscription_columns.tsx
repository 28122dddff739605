// What tables say of a subscription, whoever has it.
import { useText } from '../text/text';
import type { Column } from './data_table';
import { type SubscriptionFlags, SubscriptionOptions } from './subscription_options';

interface Subscribed extends SubscriptionFlags {
  readonly topic: string;
  readonly qos: number;
}

export function useSubscriptionColumns(): readonly Column<Subscribed>[] {
  const say = useText();
  return [
    { key: 'topic', title: say('subscription.topic'), cell: one => <code>{one.topic}</code> },
    { key: 'qos', title: 'QoS', isNumber: true, cell: one => one.qos },
    {
      key: 'options',
      title: say('subscription.options'),
      isMinor: true,
      cell: one => <SubscriptionOptions subscription={one} />,
    },
  ];
}
