// What gates needs on Azure, as small as works: a workspace with compute, the identity of the pipelines, and the trigger on new data.
//
//   az deployment group create -g papers -f infra/main.bicep -p infra/main.bicepparam
//   (publish the function, see docs/azure-infrastructure.md, then once more with -p subscribe=true)
//
// No key and no password is made or passed: every service is reached with an identity and a role.
targetScope = 'resourceGroup'

@description('Prefix of all names: 3 to 11 lower-case letters and digits.')
@minLength(3)
@maxLength(11)
param prefix string

@description('Where everything lies.')
param location string = resourceGroup().location

@description('OWNER/NAME on GitHub: who may use the pipelines identity, and who is told of new data.')
param repository string

@description('The ids that GitHub puts into its tokens, for a repository created or renamed since 2026-07-15: first that of its owner.')
param ownerId string = ''

@description('The id of the repository itself.')
param repositoryId string = ''

@description('The container and blob with the training data; a blob that ends with / is a folder: everything below it.')
param container string = 'training'
param blob string = 'papers.csv'

@description('Largest number of training machines; none is kept when idle.')
@minValue(1)
param maxNodes int = 2

@description('Subscribe to new data. Event Grid asks the function at once, so it must have been published before.')
param subscribe bool = false

module workspace 'workspace.bicep' = {
  name: 'workspace'
  params: {
    prefix: prefix
    location: location
    container: container
    maxNodes: maxNodes
  }
}

module identity 'identity.bicep' = {
  name: 'identity'
  params: {
    prefix: prefix
    location: location
    repository: repository
    ownerId: ownerId
    repositoryId: repositoryId
    storageName: workspace.outputs.storageName
    workspaceName: workspace.outputs.workspaceName
    vaultName: workspace.outputs.vaultName
  }
}

module trigger 'trigger.bicep' = {
  name: 'trigger'
  params: {
    prefix: prefix
    location: location
    repository: repository
    container: container
    blob: blob
    storageName: workspace.outputs.storageName
    vaultName: workspace.outputs.vaultName
    subscribe: subscribe
  }
}

@description('For GATES_AZURE_WORKSPACE.')
output workspace string = 'azureml:${subscription().subscriptionId}/${resourceGroup().name}/${workspace.outputs.workspaceName}'

@description('For AZURE_CLIENT_ID.')
output clientId string = identity.outputs.clientId

@description('For identity.client_id of infra/batch/job.yml.')
output jobsClientId string = workspace.outputs.jobsClientId

@description('For DATA_URL.')
output dataUrl string = '${workspace.outputs.blobEndpoint}${container}/${blob}'

@description('For GATES_KEY and GATES_GATEKEEPER_KEY.')
output gateKey string = workspace.outputs.gateKey
output gatekeeperKey string = workspace.outputs.gatekeeperKey

@description('Where the function is published to.')
output functionName string = trigger.outputs.functionName
