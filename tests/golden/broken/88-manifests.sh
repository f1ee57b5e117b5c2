# runs: validate, plan, apply --yes
mkdir -p lab empty
cat > "$1" <<'YAML'
estate: devday
cloud: local
accounts:
  main:
    subscription: 10ca1000-0000-4000-8000-000000000002
    tenant: 10ca1000-0000-4000-8000-000000000001
    location: eastus
    group: ml-rg
clusters:
  training:
    pools: {nodepool1: {size: Standard_D2_v3}}
    manifests: [lab, empty, nowhere, lab/open.yaml]
YAML
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: ConfigMap\nmetadata:\n  name: 5\n' > lab/a.yaml
printf 'apiVersion: v1\nkind: Pod\n metadata: {}\n' > lab/b.yaml
printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n' > lab/kustomization.yaml
printf 'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: b, uid: x}}, 7]\n' > lab/open.yaml
