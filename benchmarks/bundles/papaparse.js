import Papa from 'papaparse';

export const handler = (event) => Papa.parse(event.csv, { header: true }).data;
