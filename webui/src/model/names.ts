// What categories, services and profiles are called.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../api';
import { maybe, named, t } from '../i18n';
import type { AgeProfile, Category, Family, Listing, Named, OneOrMany, Person, Service } from '../types';

export interface Names {
  categories: Category[];
  services: Service[];
  profiles: AgeProfile[];
  category(key: string): string;
  service(key: string): string;
  group(key: string): string;
  profile(id: string): string;
  /** `service:youtube`, or a list of such. */
  scope(of: OneOrMany): string;
}

let once: Promise<Names> | undefined;

async function read(): Promise<Names> {
  const [categories, services, profiles] = await Promise.all([
    get<Listing<Category>>('categories'),
    get<Listing<Service>>('services'),
    get<Listing<AgeProfile>>('profiles'),
  ]);
  return make(categories.items, services.items, profiles.items);
}

function make(categories: Category[], services: Service[], profiles: AgeProfile[]): Names {
  const byKey = (things: Named[]) => new Map(things.map((thing) => [thing.key, thing]));
  const [c, s, g] = [byKey(categories), byKey(services), byKey(services.map((service) => service.group))];
  const name = (things: Map<string, Named>) => (key: string) => {
    const thing = things.get(key);
    return thing ? named(thing) : key;
  };
  const names: Names = {
    categories,
    services,
    profiles,
    category: name(c),
    service: name(s),
    group: name(g),
    profile(id) {
      const shipped = profiles.find((profile) => profile.id === id);
      return shipped ? named(shipped) : t('profile_own');
    },
    scope(of) {
      const one = (text: string) => {
        const [kind, key] = [text.split(':')[0], text.slice(text.indexOf(':') + 1)];
        if (text === 'all') return t('scope_all');
        if (kind === 'service') return names.service(key);
        if (kind === 'group') return names.group(key);
        if (kind === 'category') return names.category(key);
        return key;
      };
      return (Array.isArray(of) ? of : [of]).map(one).join(', ');
    },
  };
  return names;
}

export function useNames(): Names | undefined {
  const [names, setNames] = useState<Names>();
  useEffect(() => {
    once ??= read().catch((error) => {
      once = undefined;
      throw error;
    });
    once.then(setNames, () => undefined);
  }, []);
  return names;
}

/** What a schedule is called: ours have words, others their id. */
export function scheduleName(id: string): string {
  const known = id.replace(/^.*?-?(bedtime|school)(-\d+)?$/, '$1');
  return maybe(`schedule_${known}`) ?? id.replace(/[-_]/g, ' ');
}

/** What a budget is about, by its id. */
export function budgetName(family: Family, names: Names, id: string): string {
  const budget = family.budget.find((budget) => budget.id === id);
  return names.scope(budget?.of ?? id);
}

export const whoName = (family: Family | undefined, id: string) =>
  family?.person.find((person) => person.id === id)?.name ??
  family?.device.find((device) => device.mac === id || device.token === id)?.name ??
  id;

export const ageOf = (person: Person) =>
  person.birth_year ? Math.max(0, new Date().getFullYear() - person.birth_year) : undefined;
