using 'main.bicep'

param prefix = 'papers'
param repository = 'OWNER/NAME'
