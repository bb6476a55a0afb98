using 'main.bicep'

param prefix = 'papers'
param repository = 'OWNER/NAME'
param ownerId = '' // both ids, for a repository created or renamed since 2026-07-15
param repositoryId = ''
