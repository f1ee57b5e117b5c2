// Holds recorded exchanges (one JSON file each, see localcloud_traffic.hpp) against Microsoft's published OpenAPI.
//   node openapi-validate.js FOLDER...
// Needs npm's oav (NODE_PATH or DROVER_OAV names where it is installed) and the specifications below DROVER_SHARED
// (../shared). An exchange whose operation is not in the specifications must be on openapi-unlisted.json; where recordings
// show that the real service departs from its own specification, openapi-departures.json says in what; one that was
// wrong on purpose (header x-drover-expect-invalid) must be found wrong, and its answer right. Ends 1 on any failure.
'use strict';
const fs = require('fs');
const path = require('path');

const shared = process.env.DROVER_SHARED || '../shared';
const specifications = path.join(shared, 'specs', 'specification');
const oav = process.env.DROVER_OAV ? path.join(process.env.DROVER_OAV, 'node_modules', 'oav') : 'oav';
const { LiveValidator } = require(oav + '/dist/lib/liveValidation/liveValidator');
const unlisted = JSON.parse(fs.readFileSync(path.join(__dirname, 'openapi-unlisted.json')));
const departures = JSON.parse(fs.readFileSync(path.join(__dirname, 'openapi-departures.json')));

// Where a provider's exchange is judged when its own api-version is not saved: az sends newer ones than the
// specifications have.
const stable = {
  'microsoft.containerservice': '2024-02-01', 'microsoft.storage': '2023-05-01', 'microsoft.keyvault': '2023-07-01',
  'microsoft.machinelearningservices': '2024-04-01', 'microsoft.authorization': '2022-04-01',
  'microsoft.features': '2021-07-01', 'microsoft.kubernetesconfiguration': '2023-05-01',
  'microsoft.kubernetes': '2024-01-01', 'microsoft.resources': '2024-03-01',
};

// Files that describe what the local cloud has; loading only these keeps the run short.
const files = ['**/Microsoft.ContainerService/**/managedClusters.json', '**/Microsoft.Storage/**/{storage,blob}.json',
  '**/Microsoft.KeyVault/**/keyvault.json', '**/Microsoft.MachineLearningServices/**/{machineLearningServices,mfe}.json',
  '**/Microsoft.KubernetesConfiguration/**/extensions.json', '**/Microsoft.Kubernetes/**/connectedClusters.json',
  '**/Microsoft.Authorization/**/authorization-*.json', '**/Microsoft.Resources/**/{resources,subscriptions}.json',
  '**/Microsoft.Features/**/features.json'];

async function makeValidator() {
  const validator = new LiveValidator({
    directory: path.resolve(specifications), swaggerPathsPattern: files,
    excludedSwaggerPathsPattern: ['**/examples/**/*', '**/common-types/**', '**/data-plane/**'],
    git: { shouldClone: false, url: '' }, loadValidatorInBackground: false, loadValidatorInInitialize: true,
    enableRoundTripValidator: false,
  }, () => {});
  await validator.initialize();
  return validator;
}

const isUnknown = (result) => result && result.runtimeException &&
  /OPERATION_NOT_FOUND|API_VERSION|PROVIDER/.test(result.runtimeException.code);

function stableUrl(url) {
  const providers = [...url.matchAll(/\/providers\/([^/?]+)/gi)];
  const provider = providers.length ? providers[providers.length - 1][1].toLowerCase() : 'microsoft.resources';
  return stable[provider] && url.replace(/api-version=[^&]+/i, 'api-version=' + stable[provider]);
}

/** The validator looks an operation up by the namespace in its path, and so does not find those whose path has any
    namespace for a variable (Providers_*, Features_*): judged under the namespace by which it files them. */
function declaredUrl(url) {
  return url.replace(/(\/providers\/Microsoft\.Features\/providers\/)[^/?]+/i, '$1Microsoft.Features')
    .replace(/^(https:\/\/[^/]+\/subscriptions\/[^/]+\/providers\/)[^/?]+(\/register|\/unregister)?\?/i, '$1microsoft.unknown$2?');
}

async function judge(validator, recorded) {
  const exchange = { ...recorded, liveRequest: { ...recorded.liveRequest, url: declaredUrl(recorded.liveRequest.url) } };
  let result = await validator.validateLiveRequestResponse(exchange);
  const url = isUnknown(result.requestValidationResult) && stableUrl(exchange.liveRequest.url);
  if (url) result = await validator.validateLiveRequestResponse({ ...exchange, liveRequest: { ...exchange.liveRequest, url } });
  return result;
}

const describe = (part) => (part.runtimeException ? [part.runtimeException.code + ': ' + part.runtimeException.message]
  : (part.errors || []).map((e) => `${e.code}: ${e.message} @${(e.pathsInPayload || []).slice(0, 2)}`)).join(' | ').slice(0, 600);

/** Some specifications (Storage, ACR) declare no error answer: then ARM's own envelope is the contract. */
function isArmError(exchange) {
  const error = exchange.liveResponse.body && exchange.liveResponse.body.error;
  return Number(exchange.liveResponse.statusCode) >= 400 && error && typeof error.code === 'string' && typeof error.message === 'string';
}
const onlyUndocumentedStatus = (part) => (part.errors || []).length > 0 &&
  part.errors.every((e) => e.code === 'INVALID_RESPONSE_CODE');

/** True when all that is wrong with an answer is what the real service does too. */
function departsAsRecorded(exchange, response) {
  const line = `${exchange.liveRequest.method} ${exchange.liveRequest.url}`;
  return (response.errors || []).length > 0 && response.errors.every((e) => departures.some((d) =>
    new RegExp(d.pattern, 'i').test(line) && e.code === d.code &&
    (e.pathsInPayload || []).length > 0 && e.pathsInPayload.every((p) => new RegExp(d.path).test(p))));
}

/** What is wrong with an exchange, as texts; none when it is right. */
function complaints(exchange, result) {
  const { requestValidationResult: request, responseValidationResult: response } = result;
  const wrong = exchange.liveRequest.headers['x-drover-expect-invalid'] === '1';
  const found = [];
  if (wrong && request.isSuccessful && Number(exchange.liveResponse.statusCode) < 400)
    found.push('a request that is wrong on purpose was answered as if it were right');
  if (!wrong && !request.isSuccessful) found.push('request: ' + describe(request));
  const refused = isArmError(exchange) && onlyUndocumentedStatus(response);
  const empty = exchange.liveRequest.method === 'HEAD' && onlyUndocumentedStatus(response);
  if (!response.isSuccessful && !refused && !empty && !departsAsRecorded(exchange, response)) found.push('answer: ' + describe(response));
  return found;
}

async function main() {
  const validator = await makeValidator();
  const tally = { passed: 0, failed: 0, unlisted: 0 };
  for (const folder of process.argv.slice(2))
    for (const file of fs.readdirSync(folder).sort()) {
      const exchange = JSON.parse(fs.readFileSync(path.join(folder, file)));
      const line = `${exchange.liveRequest.method} ${exchange.liveRequest.url}`;
      const known = unlisted.find((entry) => new RegExp(entry.pattern, 'i').test(line));
      if (known) {
        tally.unlisted++;
        continue;
      }
      const found = complaints(exchange, await judge(validator, exchange));
      if (found.length === 0) tally.passed++;
      else {
        tally.failed++;
        console.log(`${file}: ${line} -> ${exchange.liveResponse.statusCode}\n  ${found.join('\n  ')}`);
      }
    }
  console.log(`${tally.passed} passed, ${tally.failed} failed (${tally.unlisted} not in the specifications, each listed with a reason)`);
  process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
