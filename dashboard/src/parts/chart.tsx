// A chart of numbers over time.
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colours, preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { type Format, formatOf, useFormat } from '../text/format';

export interface Series {
  readonly label: string;
  // The name of a colour of style/tokens.css.
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly label: string;
  // Seconds since 1970, ascending.
  readonly times: readonly number[];
  readonly series: readonly Series[];
  // Seconds that the axis covers, up to now.
  readonly spanSeconds: number;
  readonly startsAtZero?: boolean;
  readonly isBytes?: boolean;
  // Stands where there is nothing to draw yet.
  readonly emptyText?: string | undefined;
}

const HEIGHT = 190;
const SECONDS_SHOWN_BELOW = 600;
// So that the marks of an axis are round in kilobytes and megabytes.
const BYTE_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

export function Chart({
  label,
  times,
  series,
  spanSeconds,
  startsAtZero = true,
  isBytes = false,
  emptyText,
}: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { language } = useStore(preferences);
  const format = useFormat();
  const shape = JSON.stringify([
    series.map(one => [one.label, one.colour]),
    useStore(colours),
    language,
    spanSeconds,
    startsAtZero,
    isBytes,
  ]);
  const data: uPlot.AlignedData = [[...times], ...series.map(one => [...one.values])];
  const latest = useRef(data);
  latest.current = data;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for what the plot is made of; its data come below
  useEffect(() => {
    const host = element.current;
    if (host === null) {
      return;
    }
    const made = new uPlot(
      optionsOf(host, series, { locale: language === 'zh' ? 'zh-CN' : 'en-GB', spanSeconds, startsAtZero, isBytes }),
      latest.current,
      host,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height: HEIGHT }));
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(data);
  });

  const shown = isBytes ? format.bytes : format.short;
  const values = series.map(one => `${one.label} ${shown(one.values.findLast(value => value !== null) ?? 0)}`);
  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{label}</span>
        {series.map(one => (
          <span key={one.label} className="chart-key">
            <i className={`swatch swatch-${one.colour}`} />
            {one.label}
          </span>
        ))}
      </figcaption>
      <div className="chart-space">
        <div ref={element} className="chart-plot" role="img" aria-label={`${label}: ${values.join(', ')}`} />
        {emptyText !== undefined && <p className="chart-empty">{emptyText}</p>}
      </div>
    </figure>
  );
}

interface Look {
  readonly locale: string;
  readonly spanSeconds: number;
  readonly startsAtZero: boolean;
  readonly isBytes: boolean;
}

function optionsOf(host: HTMLElement, series: readonly Series[], look: Look): uPlot.Options {
  const { locale, spanSeconds, startsAtZero, isBytes } = look;
  const style = getComputedStyle(host);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const format = formatOf(locale);
  const shown = isBytes ? format.bytes : format.short;
  const axis = {
    stroke: colour('text-faint'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  const clock = new Intl.DateTimeFormat(locale, clockOf(spanSeconds));
  return {
    width: host.clientWidth,
    height: HEIGHT,
    // Half of the last mark of the time stands beside the plot.
    padding: [10, spanSeconds < SECONDS_SHOWN_BELOW ? 26 : 18, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'time' }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_, __, max) => [(max ?? Date.now() / 1000) - spanSeconds, max ?? Date.now() / 1000] },
      y: { range: (_, min, max) => (startsAtZero ? [0, Math.max(max ?? 0, 1) * 1.1] : around(min ?? 0, max ?? 0)) },
    },
    axes: [
      { ...axis, space: 70, size: 28, values: (_, splits) => splits.map(split => clock.format(split * 1000)) },
      {
        ...axis,
        size: isBytes ? 58 : 46,
        space: 36,
        ...(isBytes && { incrs: BYTE_STEPS }),
        values: (_, splits) => splits.map(split => shown(split)),
      },
    ],
    series: [
      {},
      ...series.map(one => ({
        label: one.label,
        stroke: colour(one.colour),
        width: 1.75,
        ...(series.length === 1 && { fill: colour(`${one.colour}-wash`) }),
        points: { show: false },
      })),
    ],
    plugins: [tooltip(series, format, shown)],
  };
}

// As much of a moment as tells one mark of the axis from the next.
function clockOf(spanSeconds: number): Intl.DateTimeFormatOptions {
  if (spanSeconds > 86_400) {
    return { month: 'short', day: 'numeric' };
  }
  return { hour: '2-digit', minute: '2-digit', ...(spanSeconds < SECONDS_SHOWN_BELOW && { second: '2-digit' }) };
}

// A little room above and below, also for values that are all the same.
function around(min: number, max: number): [number, number] {
  const room = (max - min || Math.abs(max) || 1) * 0.1;
  return [min - room, max + room];
}

// What the values are where the pointer is.
function tooltip(series: readonly Series[], format: Format, shown: (value: number) => string): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-tooltip';
  box.hidden = true;
  return {
    hooks: {
      init: plot => {
        plot.over.append(box);
        plot.over.addEventListener('mouseleave', () => {
          box.hidden = true;
        });
      },
      setCursor: plot => {
        const { idx, left = -1 } = plot.cursor;
        const time = typeof idx === 'number' ? plot.data[0][idx] : undefined;
        box.hidden = left < 0 || time === undefined || !plot.over.matches(':hover');
        if (box.hidden || time === undefined || typeof idx !== 'number') {
          return;
        }
        const lines = series.map((one, at) => `${one.label}  ${shown(plot.data[at + 1]?.[idx] ?? 0)}`);
        box.textContent = [format.moment(time * 1000), ...lines].join('\n');
        const isRight = left > plot.over.clientWidth / 2;
        box.style.left = isRight ? '' : `${left + 12}px`;
        box.style.right = isRight ? `${plot.over.clientWidth - left + 12}px` : '';
      },
    },
  };
}
