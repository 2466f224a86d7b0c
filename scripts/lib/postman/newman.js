'use strict';
// newman itself, where it is on PATH; its report is held to what its exit code does not say.

const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawnSync } = require('child_process');

const found = () => (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, 'newman')).find((each) => {
  try { fs.accessSync(each, fs.constants.X_OK); return fs.statSync(each).isFile(); } catch { return false; }
});

const isThere = () => Boolean(found());

/** `{passed, failed}`: a test that failed or was skipped, an item without one, an end that was not good. */
function run(words, options, { items }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'newman-'));
  const report = options['reporter-json-export'] ?? path.join(folder, 'report.json');
  const reporters = [...new Set([...options.reporters, 'json'])].join(',');
  try {
    const more = ['--reporters', reporters, '--reporter-json-export', report];
    for (const limit of ['timeout-request', 'timeout-script']) more.push(`--${limit}`, String(options[limit]));
    const ran = spawnSync(found(), ['run', ...words, ...more], { stdio: 'inherit' });
    const { executions, failures } = JSON.parse(fs.readFileSync(report, 'utf8')).run;
    const assertions = executions.flatMap((each) => each.assertions ?? []);
    const passed = assertions.filter((each) => !each.error && !each.skipped).length;
    const proved = new Set(executions.filter((each) => each.assertions?.length).map((each) => each.item.name));
    const unproved = items.filter((each) => !proved.has(each.name));
    for (const { name } of unproved) console.log(`${name}: nothing was asserted`);
    const failed = Math.max(failures.length, assertions.length - passed) + unproved.length;
    return { passed, failed: failed || (ran.status === 0 ? 0 : 1) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { isThere, run };
