#include "model/roles.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace drover::roles {
namespace {

constexpr std::array<std::string_view, 74> names = {"Owner",
                                                    "Contributor",
                                                    "Reader",
                                                    "User Access Administrator",
                                                    "Role Based Access Control Administrator",
                                                    "AcrPull",
                                                    "AcrPush",
                                                    "AcrDelete",
                                                    "AcrImageSigner",
                                                    "Container Registry Repository Reader",
                                                    "Container Registry Repository Writer",
                                                    "AzureML Data Scientist",
                                                    "AzureML Compute Operator",
                                                    "AzureML Registry User",
                                                    "AzureML Metrics Writer (preview)",
                                                    "Azure AI Developer",
                                                    "Azure Kubernetes Service Cluster Admin Role",
                                                    "Azure Kubernetes Service Cluster User Role",
                                                    "Azure Kubernetes Service Cluster Monitoring User",
                                                    "Azure Kubernetes Service Contributor Role",
                                                    "Azure Kubernetes Service RBAC Admin",
                                                    "Azure Kubernetes Service RBAC Cluster Admin",
                                                    "Azure Kubernetes Service RBAC Reader",
                                                    "Azure Kubernetes Service RBAC Writer",
                                                    "Azure Arc Enabled Kubernetes Cluster User Role",
                                                    "Azure Arc Kubernetes Admin",
                                                    "Azure Arc Kubernetes Cluster Admin",
                                                    "Kubernetes Cluster - Azure Arc Onboarding",
                                                    "Kubernetes Extension Contributor",
                                                    "Storage Account Contributor",
                                                    "Storage Account Key Operator Service Role",
                                                    "Storage Blob Data Contributor",
                                                    "Storage Blob Data Owner",
                                                    "Storage Blob Data Reader",
                                                    "Storage Blob Delegator",
                                                    "Storage File Data SMB Share Contributor",
                                                    "Storage File Data Privileged Contributor",
                                                    "Storage Queue Data Contributor",
                                                    "Storage Queue Data Message Processor",
                                                    "Storage Queue Data Message Sender",
                                                    "Storage Queue Data Reader",
                                                    "Storage Table Data Contributor",
                                                    "Storage Table Data Reader",
                                                    "Reader and Data Access",
                                                    "Key Vault Administrator",
                                                    "Key Vault Contributor",
                                                    "Key Vault Reader",
                                                    "Key Vault Secrets Officer",
                                                    "Key Vault Secrets User",
                                                    "Key Vault Certificates Officer",
                                                    "Key Vault Crypto Officer",
                                                    "Key Vault Crypto User",
                                                    "Managed Identity Contributor",
                                                    "Managed Identity Operator",
                                                    "Network Contributor",
                                                    "Private DNS Zone Contributor",
                                                    "DNS Zone Contributor",
                                                    "Virtual Machine Contributor",
                                                    "Virtual Machine Administrator Login",
                                                    "Virtual Machine User Login",
                                                    "Monitoring Contributor",
                                                    "Monitoring Metrics Publisher",
                                                    "Monitoring Reader",
                                                    "Log Analytics Contributor",
                                                    "Log Analytics Reader",
                                                    "Application Insights Component Contributor",
                                                    "Azure Service Bus Data Owner",
                                                    "Azure Service Bus Data Receiver",
                                                    "Azure Service Bus Data Sender",
                                                    "Cost Management Reader",
                                                    "Cost Management Contributor",
                                                    "Billing Reader",
                                                    "Tag Contributor",
                                                    "Resource Policy Contributor"};

}  // namespace

bool is_built_in(std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return equals_ignore_case(one, name); });
}

std::vector<std::string_view> built_in() { return {names.begin(), names.end()}; }

}  // namespace drover::roles
