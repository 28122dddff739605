// What is not as usual about a subscription.
import { useText } from '../text/text';

export interface SubscriptionFlags {
  readonly nl: number;
  readonly rap: number;
  readonly rh: number;
  readonly durable?: boolean;
}

export function SubscriptionOptions({ subscription }: { subscription: SubscriptionFlags }) {
  const say = useText();
  const words = [
    subscription.nl === 1 && say('subscription.no_local'),
    subscription.rap === 1 && say('subscription.retain_as_published'),
    subscription.rh !== 0 && say('subscription.retain_handling', { value: subscription.rh }),
    subscription.durable === true && say('subscription.durable'),
  ].filter(word => word !== false);
  return words.length === 0 ? (
    <span className="faint">–</span>
  ) : (
    <span className="tags">
      {words.map(word => (
        <span key={word} className="tag">
          {word}
        </span>
      ))}
    </span>
  );
}
