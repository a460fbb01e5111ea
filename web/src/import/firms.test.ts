import { expect, test } from 'vitest';
import type { ColumnProfile, TableFound } from '../lib/types';
import { firmsChange, guessed, numeric } from './firms';

const column = (name: string, kind: ColumnProfile['kind'], guess: string | null): ColumnProfile => ({
  name,
  kind,
  guess,
  filled: 3,
  distinct: 3,
  samples: [],
});
const table: TableFound = {
  name: '企业.csv',
  rows: 3,
  encoding: 'UTF-8',
  columns: [
    column('统一社会信用代码', 'text', 'firm'),
    column('宗地代码', 'text', 'parcel_code'),
    column('份额', 'number', 'share'),
    column('营业收入(万元)', 'number', 'indicator'),
    column('序号', 'whole', null),
  ],
};

test('a table of firms is read as its columns suggest', () => {
  expect(guessed(table)).toEqual({
    table: '企业.csv',
    parcel_code: '宗地代码',
    firm: '统一社会信用代码',
    name: null,
    share: '份额',
    counted: ['营业收入(万元)'],
  });
  expect(numeric(table)).toEqual(['份额', '营业收入(万元)', '序号']);
});

test('a table that names no parcels is no table of firms', () => {
  expect(guessed({ ...table, columns: table.columns.filter((c) => c.guess !== 'parcel_code') })).toBe(null);
  expect(guessed({ ...table, error: 'damaged' })).toBe(null);
});

test('what counts becomes a figure of the parcel and an indicator of the score', () => {
  const firms = guessed(table);
  expect(firms && firmsChange(firms)).toEqual({
    enterprises: {
      table: '企业.csv',
      parcel_code: '宗地代码',
      firm: '统一社会信用代码',
      share: '份额',
      aggregates: { firms_1: { sum: '营业收入(万元)' } },
    },
    indicators: {
      firms_1: {
        zh: '营业收入(万元)（每亩）',
        en: '营业收入(万元) per mu',
        formula: 'firms_1 / area_mu',
        normalise: { method: 'rank' },
        weight: 10,
        source: '企业.csv',
      },
    },
  });
});
