/** Lambda's command line (of either major version) and Python client, against a server here. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { ADMIN, type Served, serve } from '../served.ts';
import { zip } from '../zip.ts';

const run = promisify(execFile);
const CODE =
  'exports.handler = async (event) => { if (event.fail) throw new Error(event.fail); return { got: event }; };';
const environment = {
  PATH: `/usr/bin:${process.env.PATH}`,
  HOME: process.env.HOME,
  AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
  AWS_SECRET_ACCESS_KEY: ADMIN.accessKeySecret,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  // Where the command line is told that a payload is plain text: version 2 takes it for base64, version 1 has no such option.
  AWS_CONFIG_FILE: join(t.testdir({ 'aws.ini': '[default]\ncli_binary_format = raw-in-base64-out\n' }), 'aws.ini'),
};

/** False, or why the test cannot run; in CI it has to. */
const missing = async (what: string, program: string, ...args: string[]): Promise<string | false> =>
  run(program, args, { env: environment }).then(
    () => false,
    () => process.env.ISOPOD_CI !== '1' && `install the Debian package ${what}`,
  );

let served: Served;
t.before(async () => {
  served = await serve();
});
t.after(() => served.close());

const withoutAws = await missing('awscli', 'aws', '--version');
t.test('awscli', { skip: withoutAws }, async (t) => {
  const dir = t.testdir({});
  await writeFile(join(dir, 'code.zip'), await zip({ 'index.js': CODE }));
  const aws = async (...args: string[]) => {
    const options = ['--endpoint-url', served.base, '--output', 'json'];
    const { stdout } = await run('aws', ['lambda', ...args, ...options], { env: environment, cwd: dir });
    return stdout === '' ? undefined : JSON.parse(stdout);
  };
  const name = ['--function-name', 'cli'];
  const created = await aws(
    'create-function',
    ...name,
    '--runtime',
    'nodejs18.x',
    '--handler',
    'index.handler',
    '--role',
    'arn:aws:iam::123456789012:role/x',
    '--zip-file',
    'fileb://code.zip',
  );
  t.match(created, { FunctionName: 'cli', State: 'Active', Runtime: 'nodejs18.x' });
  t.match(await aws('invoke', ...name, '--payload', '{"a":1}', '--log-type', 'Tail', 'out.json'), {
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    LogResult: String,
  });
  t.match(await aws('invoke', ...name, '--payload', '{"fail":"no"}', 'out.json'), {
    FunctionError: 'Unhandled',
  });
  await aws('delete-function', ...name);
  await t.rejects(aws('get-function', ...name), /ResourceNotFoundException/);
});

const PYTHON = `
import boto3, json, sys
client = boto3.client('lambda', endpoint_url=sys.argv[1])
told = []
made = client.create_function(FunctionName='python', Runtime='nodejs18.x', Role='arn:aws:iam::123456789012:role/x', Handler='index.handler', Code={'ZipFile': open(sys.argv[2], 'rb').read()})
told.append(made['State'])
answer = client.invoke(FunctionName='python', Payload=json.dumps({'a': 1}), LogType='Tail')
told.append([answer['StatusCode'], json.load(answer['Payload'])])
told.append(client.invoke(FunctionName='python', Payload=json.dumps({'fail': 'no'}))['FunctionError'])
told.append(client.invoke(FunctionName='python', InvocationType='Event', Payload='{}')['StatusCode'])
told.append(client.invoke(FunctionName='python', InvocationType='DryRun')['StatusCode'])
told.append(client.update_function_configuration(FunctionName='python', Timeout=9)['Timeout'])
told.append([one['FunctionName'] for page in client.get_paginator('list_functions').paginate() for one in page['Functions']].count('python'))
client.delete_function(FunctionName='python')
try:
    client.get_function(FunctionName='python')
except client.exceptions.ResourceNotFoundException as error:
    told.append(error.response['ResponseMetadata']['HTTPStatusCode'])
print(json.dumps(told))
`;

const withoutBoto = await missing('python3-boto3', 'python3', '-c', 'import boto3');
t.test('boto3', { skip: withoutBoto }, async (t) => {
  const dir = t.testdir({ 'life.py': PYTHON });
  await writeFile(join(dir, 'code.zip'), await zip({ 'index.js': CODE }));
  const { stdout } = await run('python3', ['life.py', served.base, 'code.zip'], { env: environment, cwd: dir });
  t.same(JSON.parse(stdout), ['Active', [200, { got: { a: 1 } }], 'Unhandled', 202, 204, 9, 1, 404]);
});

// Connections that are kept open would hold the process.
t.end();
