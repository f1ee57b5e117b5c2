#include "kinds/vm_size.hpp"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(VmSizes, OfTheTableFollowTheNamingConvention) {
  for (const auto& size : catalog::vm_sizes()) EXPECT_TRUE(catalog::may_be_vm_size(size.name)) << size.name;
}

TEST(VmSizes, OfAzureThatTheTableLacksMayBe) {
  for (const char* name : {"Standard_A1_v2",
                           "Standard_B2ats_v2",
                           "Standard_D16plds_v5",
                           "Standard_DC4as_v5",
                           "Standard_E96-24ads_v5",
                           "Standard_EC8eds_v5",
                           "Standard_FX12mds",
                           "Standard_HB120-16rs_v3",
                           "Standard_L8as_v3",
                           "Standard_M416ms_v2",
                           "Standard_M896ixds_32_v3",
                           "Standard_NC24ads_A100_v4",
                           "Standard_NC80adis_H100_v5",
                           "Standard_ND96is_MI300X_v5",
                           "Standard_NV36adms_A10_v5",
                           "Standard_DC4as_cc_v5",
                           "Standard_EC4as_cc_v5",
                           "Standard_NG32ads_V620_v1",
                           "Standard_M176s_3_v3",
                           "Standard_M416s_8_v2",
                           "Standard_ND128isr_NDR_GB200_v6",
                           "Standard_DC1s_v3",
                           "Standard_NC6",
                           "Standard_L4s",
                           "Standard_F1",
                           "Standard_D3_v2",
                           "Standard_DS13-2_v2",
                           "Standard_D4_v2_Promo",
                           "Basic_A0",
                           "standard_d2s_V5"})
    EXPECT_TRUE(catalog::may_be_vm_size(name)) << name;
}

TEST(VmSizes, OfNobodyAreNone) {
  for (const char* name : {"", "Standard_", "Standard_XX9", "Standard_D2s_v33", "Standard_D2_v3 ", "D2_v3",
                           "Standard_D_v3", "Standard_D2-v3", "standard d2 v3", "Standard_D2_v1", "Standard_NC7",
                           "Standard_D3s_v3", "Standard_D5s_v3", "Standard_D9999_v3", "Standard_D1000s_v3",
                           "Standard_D2s", "Standard_NC6s_v9", "Standard_D4z_v3", "Standard_E4"})
    EXPECT_FALSE(catalog::may_be_vm_size(name)) << name;
}

}  // namespace
}  // namespace drover
