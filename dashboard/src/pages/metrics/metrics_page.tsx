// Every counter of the node, in groups, with how fast each grows.
import { useEffect, useRef, useState } from 'react';
import { useQuery } from '../../api/use_query';
import { ErrorNote } from '../../parts/error_note';
import { CheckField, TextField } from '../../parts/field';
import { PageHead, Panel } from '../../parts/panel';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

type Numbers = Readonly<Record<string, number>>;

const EVERY_MS = 2000;

export function MetricsPage() {
  const say = useText();
  const [wanted, setWanted] = useState('');
  const [isZeroShown, setZeroShown] = useState(false);
  const metrics = useQuery<Numbers>('/metrics', { query: { aggregate: true }, everyMs: EVERY_MS });
  const stats = useQuery<Numbers>('/stats', { query: { aggregate: true }, everyMs: EVERY_MS });
  const rates = useRates(metrics.data);
  const groups = grouped(
    metrics.data ?? {},
    (name, value) => name.includes(wanted.trim().toLowerCase()) && (isZeroShown || value !== 0),
  );
  const gauges = gaugesOf(stats.data ?? {}).filter(([name]) => name.includes(wanted.trim().toLowerCase()));
  return (
    <>
      <PageHead title={say('page.metrics')} text={say('metrics.text')} />
      <search className="filters">
        <TextField
          label={say('metrics.search')}
          type="search"
          value={wanted}
          onChange={event => setWanted(event.target.value)}
        />
        <CheckField
          label={say('metrics.zero')}
          checked={isZeroShown}
          onChange={event => setZeroShown(event.target.checked)}
        />
      </search>
      {metrics.error && <ErrorNote error={metrics.error} onRetry={metrics.reload} />}
      <div className="metric-groups">
        {gauges.length > 0 && <GaugePanel gauges={gauges} />}
        {groups.map(([name, numbers]) => (
          <NumberPanel key={name} title={name} numbers={numbers} rates={rates} />
        ))}
      </div>
    </>
  );
}

type Gauge = readonly [name: string, now: number, most: number];

// `connections.count` and `connections.max` are one thing now, and at most.
function gaugesOf(stats: Numbers): readonly Gauge[] {
  return Object.entries(stats)
    .filter(([name]) => name.endsWith('.count'))
    .map(([name, now]) => {
      const short = name.slice(0, -'.count'.length);
      return [short, now, stats[`${short}.max`] ?? now];
    });
}

function GaugePanel({ gauges }: { gauges: readonly Gauge[] }) {
  const say = useText();
  const format = useFormat();
  return (
    <Panel title={say('metrics.gauges')}>
      <dl className="numbers">
        {gauges.map(([name, now, most]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {format.number(now)} <span className="faint">/ {format.number(most)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function NumberPanel({
  title,
  numbers,
  rates,
}: {
  title: string;
  numbers: readonly (readonly [string, number])[];
  rates?: Numbers;
}) {
  const format = useFormat();
  const say = useText();
  return (
    <Panel title={title}>
      <dl className="numbers">
        {numbers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {rates !== undefined && (rates[name] ?? 0) > 0 && (
                <span className="rate">
                  +{format.short(rates[name] ?? 0)}
                  {say('unit.per_second')}
                </span>
              )}
              {format.number(value)}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function grouped(
  numbers: Numbers,
  isWanted: (name: string, value: number) => boolean,
): readonly (readonly [string, [string, number][]])[] {
  const groups = new Map<string, [string, number][]>();
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number' && isWanted(name, value)) {
      const [group = name] = name.split('.');
      groups.set(group, [...(groups.get(group) ?? []), [name, value]]);
    }
  }
  return [...groups];
}

// By how much each number grew in a second, from one answer to the next.
function useRates(numbers: Numbers | undefined): Numbers {
  const [rates, setRates] = useState<Numbers>({});
  const before = useRef<{ numbers: Numbers; at: number } | null>(null);
  useEffect(() => {
    if (numbers === undefined) {
      return;
    }
    const at = performance.now();
    const last = before.current;
    if (last !== null) {
      const seconds = Math.max((at - last.at) / 1000, 0.1);
      setRates(
        Object.fromEntries(
          Object.entries(numbers).map(([name, value]) => [name, (value - (last.numbers[name] ?? value)) / seconds]),
        ),
      );
    }
    before.current = { numbers, at };
  }, [numbers]);
  return rates;
}
