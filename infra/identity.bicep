// The identity of the pipelines: GitHub proves who it is for one branch and one environment of one repository; there is no password.
param prefix string
param location string
param repository string
param ownerId string
param repositoryId string
param storageName string
param workspaceName string
param vaultName string

// GitHub names a repository that was created or renamed since 2026-07-15 with its ids, any other one without. With one id alone nobody
// matches, so nobody gets in.
var owner = empty(ownerId) ? split(repository, '/')[0] : '${split(repository, '/')[0]}@${ownerId}'
var name = empty(repositoryId) ? split(repository, '/')[1] : '${split(repository, '/')[1]}@${repositoryId}'
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var dataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121' // AzureML Data Scientist
var cryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424' // Key Vault Crypto User

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageName
}

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource pipelines 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-pipelines'
  location: location
}

resource main 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = {
  parent: pipelines
  name: 'main'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: 'repo:${owner}/${name}:ref:refs/heads/main'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

resource production 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31' = {
  parent: pipelines
  name: 'production'
  properties: {
    issuer: 'https://token.actions.githubusercontent.com'
    subject: 'repo:${owner}/${name}:environment:production'
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
  dependsOn: [
    main // one at a time: the service refuses two credentials made at once
  ]
}

resource readsAndWrites 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, pipelines.id, blobContributor)
  scope: storage
  properties: {
    principalId: pipelines.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}

resource trainsAndDeploys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, pipelines.id, dataScientist)
  scope: workspace
  properties: {
    principalId: pipelines.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataScientist)
  }
}

resource signs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, pipelines.id, cryptoUser)
  scope: vault
  properties: {
    principalId: pipelines.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cryptoUser)
  }
}

output clientId string = pipelines.properties.clientId
