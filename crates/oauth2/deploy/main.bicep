// The server as a container app, with all that it needs. It has been parsed and checked by tests, and never deployed.
//   az group create --name mcp --location westeurope
//   az deployment group create --resource-group mcp --template-file main.bicep \
//     --parameters registryName=... keyVaultName=... publicUrl=https://mcp.example.com
// Before: an image `mcp-oauth2:TAG` in the registry (az acr build), and two secrets in the key vault, named as below.

@description('Where the resources are.')
param location string = resourceGroup().location

@description('Begins every name.')
@minLength(3)
@maxLength(12)
param name string = 'mcp-oauth2'

@description('Container registry in this resource group that holds the image.')
param registryName string

@description('Key vault in this resource group that holds the secrets oauth-client-secret and oauth-demo-password.')
param keyVaultName string

@description('Tag of the image.')
param imageTag string = '0.1.0'

@description('Where clients reach the server: an https origin, without a path. Its host is the app\'s own or a custom domain.')
param publicUrl string

@description('Replicas that always run. SQLite is behind the server: more than one would each have a database of its own.')
@allowed([1])
param replicas int = 1

// Built in: may pull images, may read secrets.
var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
var port = 8000
var dataFolder = '/var/lib/mcp-oauth2'
var shareName = 'data'

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

// Nobody keeps a password for the registry or the vault.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, acrPull)
  scope: registry
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: acrPull
  }
}

resource mayReadSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: secretsUser
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    retentionInDays: 30
    sku: {
      name: 'PerGB2018'
    }
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'st${uniqueString(resourceGroup().id, name)}'
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource files 'Microsoft.Storage/storageAccounts/fileServices@2023-05-01' = {
  parent: storage
  name: 'default'
}

resource share 'Microsoft.Storage/storageAccounts/fileServices/shares@2023-05-01' = {
  parent: files
  name: shareName
  properties: {
    shareQuota: 1
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
  }
}

resource data 'Microsoft.App/managedEnvironments/storages@2024-03-01' = {
  parent: environment
  name: shareName
  properties: {
    azureFile: {
      accountName: storage.name
      accountKey: storage.listKeys().keys[0].value
      shareName: share.name
      accessMode: 'ReadWrite'
    }
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    managedEnvironmentId: environment.id
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: port
        transport: 'http'
        allowInsecure: false
      }
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
      // References: the values stay in the vault.
      secrets: [
        {
          name: 'oauth-client-secret'
          keyVaultUrl: '${vault.properties.vaultUri}secrets/oauth-client-secret'
          identity: identity.id
        }
        {
          name: 'oauth-demo-password'
          keyVaultUrl: '${vault.properties.vaultUri}secrets/oauth-demo-password'
          identity: identity.id
        }
      ]
    }
    template: {
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'server'
          image: '${registry.properties.loginServer}/mcp-oauth2:${imageTag}'
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: [
            {
              name: 'MCP_BIND'
              value: '0.0.0.0:${port}'
            }
            {
              name: 'OAUTH2_DATA'
              value: dataFolder
            }
            {
              name: 'OAUTH2_PUBLIC_URL'
              value: publicUrl
            }
            {
              name: 'OAUTH_CLIENT_SECRET'
              secretRef: 'oauth-client-secret'
            }
            {
              name: 'OAUTH_DEMO_PASSWORD'
              secretRef: 'oauth-demo-password'
            }
          ]
          probes: [
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: port
                httpHeaders: [
                  {
                    name: 'Host'
                    value: 'localhost'
                  }
                ]
              }
              periodSeconds: 30
              timeoutSeconds: 5
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: port
                httpHeaders: [
                  {
                    name: 'Host'
                    value: 'localhost'
                  }
                ]
              }
              periodSeconds: 5
              timeoutSeconds: 3
            }
          ]
          volumeMounts: [
            {
              volumeName: 'data'
              mountPath: dataFolder
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'data'
          storageType: 'AzureFile'
          storageName: data.name
          // For the user of the image alone. `nobrl`: one replica writes, and locks over SMB would stop SQLite.
          mountOptions: 'uid=10001,gid=10001,dir_mode=0700,file_mode=0600,nobrl,mfsymlinks,cache=strict'
        }
      ]
      scale: {
        minReplicas: replicas
        maxReplicas: replicas
      }
    }
  }
  dependsOn: [
    mayPull
    mayReadSecrets
  ]
}

@description('The host name that Azure gives the app: the one in publicUrl, or the target of its CNAME.')
output host string = app.properties.configuration.ingress.fqdn
