// What the API says and takes; docs/api.md and /api/v1/openapi.json tell what each means.

export type LanguageTag = 'vi' | 'en';
export interface Listing<T> {
  items: T[];
  next: string | null;
}

export interface Myself {
  account: string;
  name: string;
  role: 'parent' | 'co-parent';
  language: LanguageTag;
  totp: boolean;
}

export interface Person {
  id: string;
  name: string;
  birth_year?: number | null;
  profile?: string;
  language?: string;
  colour?: string;
  privacy?: string;
}
export interface Device {
  mac?: string;
  addresses?: string[];
  token?: string;
  name: string;
  person?: string;
  profile?: string;
  notes?: string;
}
export interface Profile {
  id: string;
  base: string;
  block?: string[];
  permit?: string[];
  block_services?: string[];
  permit_services?: string[];
  safe_search?: string;
  youtube?: string;
}
export interface Schedule {
  id: string;
  who: string[];
  mode: 'block' | 'only' | 'block-set';
  of?: string[];
  days?: string[];
  from: string;
  to: string;
  except?: string[];
  during?: string[];
}
export type OneOrMany = string | string[];
export interface Budget {
  id: string;
  who: string;
  of: OneOrMany;
  minutes: number;
  weekend_minutes?: number | null;
  reset?: string;
  warn?: number[];
}
export interface Rule {
  who?: string[];
  name: string;
  action: 'allow' | 'block';
  over_time?: boolean;
}
export interface Grant {
  who: string[];
  of: string;
  until: string;
  by: string;
}
export interface Pause {
  who: OneOrMany;
  until?: string;
}
export interface Holiday {
  id: string;
  from: string;
  to: string;
}
export interface Family {
  version: number;
  time_zone: string;
  unknown_devices: string;
  person: Person[];
  device: Device[];
  profile: Profile[];
  schedule: Schedule[];
  budget: Budget[];
  rule: Rule[];
  holiday: Holiday[];
  grant: Grant[];
  pause: Pause[];
}

export interface Standing {
  verdict: 'allowed' | 'blocked';
  reason: string;
  rule: string;
  until: string | null;
}
export interface PersonNow extends Standing {
  who: string;
  profile: string;
  supervised: boolean;
}
export interface Allowance {
  who: string;
  budget: string;
  minutes: number;
  bonus: number;
  used: number;
  left: number;
  warning: number | null;
  resets: string;
}
export interface Request {
  id: number;
  who: string;
  device: string;
  kind: 'site' | 'service' | 'time';
  name: string;
  minutes?: number;
  reason: string;
  made: number;
  state: 'open' | 'allowed' | 'denied' | 'expired';
  by?: string;
}
export interface Reported {
  items: { id: number; kind: 'wrong' | 'harmful'; name: string; made: number; state: 'waiting' | 'taken' | 'refused'; receipt?: string }[];
  centre: string | null;
  trouble: string;
}

export interface NetworkDevice {
  mac: string;
  name: string;
  vendor: string;
  random: boolean;
  addresses: string[];
  person: string;
  last_seen: string;
  may_be: string;
}
export interface Question {
  time: string;
  name: string;
  type: string;
  who: string;
  verdict: string;
  reason: string;
  rule: string;
  categories: string[];
}
export interface Server {
  server: string;
  transport: string;
  srtt_ms: number | null;
  failures: number;
  down: boolean;
  dnssec: boolean | null;
  last_error: string;
}
export interface Status {
  setup: boolean;
  version: string;
  uptime_s?: number;
  since?: number | null;
  categories: Record<string, number>;
  blocked_categories: Record<string, number>;
  verdicts: Record<string, number>;
  list: {
    serial: number;
    age_s: number | null;
    names: number;
    state: string;
    file: string;
    refused: string;
    sync: Sync | null;
  };
  upstream: Server[];
  devices: NetworkDevice[];
  firewall: { state: 'off' | 'on' | 'away' | 'refused'; devices: number; cut: number; refused: number; restored: number };
  built?: number;
  update?: string | null;
  privacy?: string;
  provider?: string;
  health_report?: Telling | null;
  root_is_open?: boolean;
  concerns: { area: string; text: string }[];
}
export interface Telling {
  to: string;
  consent: boolean;
  sent: number | null;
  trouble: string;
}
export interface HealthReport {
  telling: Telling | null;
  report: Record<string, string>;
}
export interface Sync {
  edition: string;
  heard: number | null;
  good_until: number | null;
  failures: number;
  trouble: string;
  newest: string | null;
}
export interface Looked {
  over: boolean;
  sync: Sync | null;
}
export interface Tested {
  works: boolean;
  took_ms: number | null;
  encrypted: boolean;
  trouble: string;
}
export interface Preset {
  key: string;
  group: string;
  vi: string;
  en: string;
  because_vi: string;
  because_en: string;
}

export interface Named {
  key: string;
  vi: string;
  en: string;
}
export interface Category extends Named {
  about_vi: string;
  about_en: string;
}
export interface Service extends Named {
  group: Named;
  essential: boolean;
}
export interface Because {
  categories: string[];
  services: string[];
  vi: string;
  en: string;
}
export interface AgeProfile {
  id: string;
  vi: string;
  en: string;
  from: number;
  to: number;
  blocks: Because[];
  safe_search: string;
  youtube: string;
  supervised: boolean;
}

export interface Activity {
  time?: number | null;
  key: string;
  count: number;
  blocked: number;
  rewritten: number;
  /** Both ways, and the minutes in which it was used: where the firewall counts them. */
  bytes: number;
  minutes: number;
}
export interface Change {
  by: 'grant' | 'allow' | 'block' | 'remove' | 'profile' | 'operator' | 'wait';
  of: string;
}
export interface Explanation {
  verdict: 'blocked' | 'allowed' | 'rewritten';
  reason: string;
  rule: string;
  categories: string[];
  service: string | null;
  considered: { rule: string; matched: boolean }[];
  until: string | null;
  would_change: Change[];
}
export interface Account {
  id: string;
  name: string;
  role: 'parent' | 'co-parent';
  language: LanguageTag;
  totp: boolean;
  created: string;
}
export interface AuditEntry {
  time: string;
  by: string;
  action: string;
  about: string;
}
