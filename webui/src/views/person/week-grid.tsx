// The grid: a row a day, a cell a half hour. A finger paints along a row and still scrolls the page up and down; the
// arrow keys move, the space bar paints, with Shift the arrows paint on.

import { useRef, useState } from 'preact/hooks';
import { maybe, t } from '../../i18n';
import { at, DAYS, SLOTS, timeOf, type Paint, type Week } from '../../model/week';

const HOURS = [0, 6, 12, 18];

export const dayName = (day: string) => maybe(`day_${day}`) ?? day;
export const longDay = (day: string) => maybe(`long_${day}`) ?? day;

interface Props {
  week: Week;
  brush: Paint;
  onPaint(week: Week): void;
  onDay(day: number): void;
}

/** What is painted just now: from where, with what. */
interface Stroke {
  day: number;
  from: number;
  to: number;
  paint: Paint;
}

export function WeekGrid({ week, brush, onPaint, onDay }: Props) {
  const [stroke, setStroke] = useState<Stroke>();
  const [focus, setFocus] = useState({ day: 0, slot: 42 });
  const grid = useRef<HTMLDivElement>(null);
  const shown = stroke ? withStroke(week, stroke) : week;

  const slotAt = (event: PointerEvent) => {
    const row = (event.currentTarget as Element).getBoundingClientRect();
    const slot = Math.floor(((event.clientX - row.left) / row.width) * SLOTS);
    return Math.min(SLOTS - 1, Math.max(0, slot));
  };
  const begin = (day: number) => (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const slot = slotAt(event);
    // Painting what is painted already opens it again.
    const paint = week[at(day, slot)] === brush ? 'open' : brush;
    setStroke({ day, from: slot, to: slot, paint });
  };
  const move = (event: PointerEvent) => stroke && setStroke({ ...stroke, to: slotAt(event) });
  const end = () => {
    if (stroke) onPaint(withStroke(week, stroke));
    setStroke(undefined);
  };

  const go = (day: number, slot: number) => {
    setFocus({ day, slot });
    grid.current?.querySelector<HTMLElement>(`[data-cell="${at(day, slot)}"]`)?.focus();
  };
  const key = (event: KeyboardEvent) => {
    const { day, slot } = focus;
    const [down, right] = ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] } as Record<string, [number, number]>)[event.key] ?? [0, 0];
    if (event.key === ' ' || event.key === 'Enter') {
      const paint = week[at(day, slot)] === brush ? 'open' : brush;
      onPaint(withStroke(week, { day, from: slot, to: slot, paint }));
    } else if (event.key === 'Home' || event.key === 'End') {
      go(day, event.key === 'Home' ? 0 : SLOTS - 1);
    } else if (down || right) {
      const next = { day: (day + down + DAYS.length) % DAYS.length, slot: Math.min(SLOTS - 1, Math.max(0, slot + right)) };
      if (event.shiftKey) onPaint(withStroke(week, { day: next.day, from: next.slot, to: next.slot, paint: week[at(day, slot)]! }));
      go(next.day, next.slot);
    } else return;
    event.preventDefault();
  };

  return (
    <div class="week">
      <div class="hours" aria-hidden="true">
        {HOURS.map((hour) => (
          <span key={hour}>{hour}</span>
        ))}
        <span>24</span>
      </div>
      <div role="grid" aria-label={t('week_grid')} ref={grid} onKeyDown={key}>
        {DAYS.map((name, day) => (
          <div role="row" key={name} aria-label={longDay(name)}>
            <div role="rowheader">
              <button type="button" aria-label={t('edit_day', { short: dayName(name), day: longDay(name) })} onClick={() => onDay(day)}>
                {dayName(name)}
              </button>
            </div>
            <div
              class="slots"
              role="presentation"
              onPointerDown={begin(day)}
              onPointerMove={move}
              onPointerUp={end}
              onPointerCancel={() => setStroke(undefined)}
            >
              {Array.from({ length: SLOTS }, (_, slot) => {
                const paint = shown[at(day, slot)]!;
                return (
                  <div
                    key={slot}
                    role="gridcell"
                    class={paint}
                    data-cell={at(day, slot)}
                    tabIndex={focus.day === day && focus.slot === slot ? 0 : -1}
                    aria-label={`${longDay(name)} ${timeOf(slot)}: ${t(`paint_${paint}`)}`}
                    onFocus={() => setFocus({ day, slot })}
                  />
                );
              })}
            </div>
          </div>
        ))}
      </div>
      <p class="telling" aria-hidden="true">
        {stroke ? `${longDay(DAYS[stroke.day]!)}, ${range(stroke)}` : t('week_hint')}
      </p>
    </div>
  );
}

const range = ({ from, to }: Stroke) => `${timeOf(Math.min(from, to))}–${timeOf(Math.max(from, to) + 1)}`;

function withStroke(week: Week, { day, from, to, paint }: Stroke): Week {
  const painted = [...week];
  painted.fill(paint, at(day, Math.min(from, to)), at(day, Math.max(from, to)) + 1);
  return painted;
}
