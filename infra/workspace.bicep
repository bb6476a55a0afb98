// The workspace with its storage, vault and logs, and a cluster that shrinks to nothing.
param prefix string
param location string
param container string
param maxNodes int

var suffix = uniqueString(resourceGroup().id)
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var dataScientist = 'f6c7c914-8db3-469d-8ca1-694a8f32e121' // AzureML Data Scientist

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: '${prefix}${suffix}'
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: storage
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 30
    }
  }
}

resource training 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: container
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: '${prefix}${take(suffix, 10)}kv'
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enablePurgeProtection: true
  }
}

// Verdicts and decisions are signed in the vault; the private halves never leave it.
resource signingKeys 'Microsoft.KeyVault/vaults/keys@2023-07-01' = [
  for role in ['gate', 'gatekeeper']: {
    parent: vault
    name: role
    properties: {
      kty: 'EC'
      curveName: 'P-256'
      keyOps: [
        'sign'
        'verify'
      ]
    }
  }
]

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${prefix}-logs'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${prefix}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
  }
}

// Who a job is: a step carries this identity on a serverless machine and on the cluster, so it belongs to both.
resource jobs 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${prefix}-jobs'
  location: location
}

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' = {
  name: '${prefix}-ml'
  location: location
  identity: {
    type: 'SystemAssigned,UserAssigned' // the first one is the service's own: Azure ML grants it what it needs
    userAssignedIdentities: {
      '${jobs.id}': {}
    }
  }
  properties: {
    friendlyName: prefix
    storageAccount: storage.id
    keyVault: vault.id
    applicationInsights: insights.id
    systemDatastoresAuthMode: 'identity'
  }
}

resource cluster 'Microsoft.MachineLearningServices/workspaces/computes@2024-10-01' = {
  parent: workspace
  name: 'cluster'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${jobs.id}': {}
    }
  }
  properties: {
    computeType: 'AmlCompute'
    properties: {
      vmSize: 'Standard_DS3_v2'
      vmPriority: 'Dedicated'
      remoteLoginPortPublicAccess: 'Disabled'
      scaleSettings: {
        minNodeCount: 0
        maxNodeCount: maxNodes
        nodeIdleTimeBeforeScaleDown: 'PT5M'
      }
    }
  }
}

resource jobsReadAndWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, jobs.id, blobContributor)
  scope: storage
  properties: {
    principalId: jobs.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
  }
}

resource jobsRegister 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, jobs.id, dataScientist)
  scope: workspace
  properties: {
    principalId: jobs.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataScientist)
  }
}

output jobsClientId string = jobs.properties.clientId
output workspaceName string = workspace.name
output storageName string = storage.name
output vaultName string = vault.name
output gateKey string = 'azurekms://${vault.name}.vault.azure.net/keys/gate/${last(split(signingKeys[0].properties.keyUriWithVersion, '/'))}'
output gatekeeperKey string = 'azurekms://${vault.name}.vault.azure.net/keys/gatekeeper/${last(split(signingKeys[1].properties.keyUriWithVersion, '/'))}'
output blobEndpoint string = storage.properties.primaryEndpoints.blob
