// Our own icons: strokes in the text's colour, on a grid of 24.

const SHAPES = {
  home: 'M3 11 12 4l9 7M6 9.500V20h12V9.500M10 20v-6h4v6',
  chart: 'M4 20V10M10 20V4M16 20v-7M22 20H2',
  device: 'M8 2.500h8a1.500 1.500 0 0 1 1.500 1.500v16a1.500 1.500 0 0 1-1.500 1.500H8A1.500 1.500 0 0 1 6.500 20V4A1.500 1.500 0 0 1 8 2.500M11 18.500h2',
  router: 'M3.500 13h17v6.500h-17zM7 16.300v.1M10.500 16.300v.1M12 13V8M8.500 8a5 5 0 0 1 7 0M6 5a9 9 0 0 1 12 0',
  ask: 'M4 5h16v11H9l-5 4zM9.500 8.800a2.500 2 0 1 1 3.600 1.700c-.8.4-1.100.7-1.100 1.500M12 14v.1',
  more: 'M4 7h16M4 12h16M4 17h16',
  gear: 'M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M12 2v3M12 19v3M2 12h3M19 12h3M4.900 4.900 7 7M17 17l2.100 2.100M4.900 19.100 7 17M17 7l2.100-2.100',
  help: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.500 9.500a2.500 2.300 0 1 1 3.700 2c-.9.5-1.200.9-1.200 2M12 16.500v.1',
  pause: 'M8 5v14M16 5v14',
  play: 'M8 5v14l11-7z',
  plus: 'M12 5v14M5 12h14',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  close: 'm6 6 12 12M18 6 6 18',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.500 2',
  shield: 'M12 3 4.500 6v5.500c0 4.700 3.200 7.900 7.500 9.500 4.300-1.600 7.500-4.800 7.500-9.500V6z',
  warn: 'M12 4 2.500 20h19zM12 10v4.500M12 17.200v.1',
  back: 'M15 5l-7 7 7 7',
  next: 'm9 5 7 7-7 7',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5',
  out: 'M14 4H5v16h9M10 12h11M17.500 8.500 21 12l-3.500 3.500',
  why: 'M12 3a6.500 6.500 0 0 0-4 11.600c.8.700 1 1.400 1 2.400h6c0-1 .2-1.700 1-2.400A6.500 6.500 0 0 0 12 3M9.500 20h5',
  log: 'M8 6h13M8 12h13M8 18h13M3.500 6v.1M3.500 12v.1M3.500 18v.1',
  phone: 'M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 3 6a2 2 0 0 1 2-2',
};

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={SHAPES[name]} />
    </svg>
  );
}

/** The bamboo of the hedge. */
export function Bamboo() {
  return (
    <svg class="bamboo" viewBox="0 0 48 48" aria-hidden="true">
      <path
        class="canes"
        d="M20 46V34M20 30V18M20 14V3M16 32h8M16 16h8M32 46v-9M32 33V21M28.500 35h7"
      />
      <path d="M24 15C27 6 35 3 44 4C42 12 34 17 24 15Z" />
      <path d="M16 31C14 24 9 20 2 19C3 27 8 32 16 31Z" />
      <path d="M34 20C35 14 39 11 46 11C46 17 41 21 34 20Z" />
    </svg>
  );
}
