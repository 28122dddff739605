// How much of the past charts show: an hour to a week.
import { ChoiceBar } from '../parts/choice_bar';
import { type Say, useText } from '../text/text';

const SPANS = [3600, 21_600, 86_400, 604_800];
export const SPAN_SECONDS_FIRST = 3600;

export function SpanBar({ spanSeconds, onChange }: { spanSeconds: number; onChange(spanSeconds: number): void }) {
  const say = useText();
  return (
    <ChoiceBar
      label={say('overview.span')}
      choices={SPANS.map(seconds => ({ value: String(seconds), label: spanName(seconds, say) }))}
      value={String(spanSeconds)}
      onChange={value => onChange(Number(value))}
    />
  );
}

function spanName(seconds: number, say: Say): string {
  return seconds < 86_400
    ? say('span.hours', { count: seconds / 3600 })
    : say('span.days', { count: seconds / 86_400 });
}
