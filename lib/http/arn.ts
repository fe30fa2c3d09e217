/** Names of resources as Function Compute and Lambda write them. */
import { IsopodError } from '../errors.ts';

export interface Place {
  readonly region: string;
  /** Of the tenant. */
  readonly accountId: string;
}

export function functionArn({ region, accountId }: Place, name: string, qualifier?: string): string {
  const plain = `acs:fc:${region}:${accountId}:functions/${name}`;
  return qualifier === undefined ? plain : `${plain}/${qualifier}`;
}

export const layerArn = ({ region, accountId }: Place, name: string, version: number): string =>
  `acs:fc:${region}:${accountId}:layers/${name}/versions/${version}`;

/** Lambda's account numbers have twelve digits. */
const lambdaAccount = (accountId: string): string => accountId.slice(-12);

export function lambdaArn({ region, accountId }: Place, name: string, qualifier?: string): string {
  const plain = `arn:aws:lambda:${region}:${lambdaAccount(accountId)}:function:${name}`;
  return qualifier === undefined ? plain : `${plain}:${qualifier}`;
}

export const lambdaLayerArn = ({ region, accountId }: Place, name: string, version: number): string =>
  `arn:aws:lambda:${region}:${lambdaAccount(accountId)}:layer:${name}:${version}`;

export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
}

const FC_FUNCTION = /^acs:fc:[^:]*:[^:]*:functions\/([^/]+)(?:\/([^/]+))?$/;
const LAMBDA_FUNCTION =
  /^(?:arn:aws[\w-]*:lambda:[^:]*:\d*:function:|\d{12}:(?:function:)?|function:)?([\w$-]+)(?::([\w$-]+))?$/;

/** What an FC function ARN names. Throws `InvalidArgument`. */
export function parseFunctionArn(arn: string): FunctionReference {
  const found = FC_FUNCTION.exec(arn);
  if (found === null) throw new IsopodError('InvalidArgument', `${arn} is not the ARN of a function`);
  return { name: found[1] as string, qualifier: found[2] };
}

/** A Lambda function's name, partial or full ARN, each with `:qualifier` or without. Throws `InvalidArgument`. */
export function parseLambdaName(text: string): FunctionReference {
  const found = LAMBDA_FUNCTION.exec(text);
  if (found === null) {
    throw new IsopodError('InvalidArgument', `${text.slice(0, 160)} is neither a function's name nor its ARN`);
  }
  return { name: found[1] as string, qualifier: found[2] };
}
