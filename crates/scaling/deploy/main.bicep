// Nodes of lesson 5.7 as a container app, which brings the balancer; KEDA adds nodes by calls in flight. It has been parsed
// and checked by tests, and never deployed.
//   az deployment group create --resource-group mcp --template-file main.bicep \
//     --parameters environmentName=... registryName=... identityName=... keyVaultName=... publicHost=mcp.example.com
// Before: an image `mcp-scaling:TAG` in the registry, a Redis in the environment's network, its URL as the secret redis-url in
// the key vault, and an identity that may pull the image and read the secret.

@description('Where the resources are.')
param location string = resourceGroup().location

@description('Container Apps environment in this resource group.')
param environmentName string

@description('Container registry in this resource group that holds the image.')
param registryName string

@description('Managed identity in this resource group that may pull images and read secrets.')
param identityName string

@description('Key vault in this resource group that holds the secret redis-url.')
param keyVaultName string

@description('Tag of the image.')
param imageTag string = '0.1.0'

@description('Host name under which clients reach the app.')
param publicHost string

@description('Nodes that always run.')
@minValue(2)
param minNodes int = 2

@description('Nodes that run at most: what the Redis and the budget are good for.')
@maxValue(300)
param maxNodes int = 20

var port = 8000

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' existing = {
  name: environmentName
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: 'mcp-scaling'
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
      secrets: [
        {
          name: 'redis-url'
          keyVaultUrl: '${vault.properties.vaultUri}secrets/redis-url'
          identity: identity.id
        }
      ]
    }
    template: {
      // More than a node's notice and its drain together.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'node'
          image: '${registry.properties.loginServer}/mcp-scaling:${imageTag}'
          args: [
            'http'
          ]
          resources: {
            cpu: json('1')
            memory: '2Gi'
          }
          env: [
            {
              name: 'REDIS_URL'
              secretRef: 'redis-url'
            }
            {
              name: 'MCP_BIND'
              value: '0.0.0.0:${port}'
            }
            {
              name: 'MCP_ALLOW_HOSTS'
              value: publicHost
            }
            {
              name: 'SCALING_WORKERS'
              value: '1'
            }
            {
              name: 'SCALING_NOTICE_MS'
              value: '5000'
            }
            {
              name: 'MCP_DRAIN_SECONDS'
              value: '10'
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
              periodSeconds: 10
              timeoutSeconds: 5
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
              periodSeconds: 2
              failureThreshold: 1
            }
          ]
        }
      ]
      scale: {
        minReplicas: minNodes
        maxReplicas: maxNodes
        rules: [
          {
            name: 'calls-in-flight'
            http: {
              metadata: {
                concurrentRequests: '50'
              }
            }
          }
        ]
      }
    }
  }
}

output host string = app.properties.configuration.ingress.fqdn
