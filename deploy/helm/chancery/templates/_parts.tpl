{{/* Names and parts that the templates share. */}}

{{- define "chancery.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "chancery.labels" -}}
app.kubernetes.io/name: chancery
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Of one role: (list $ ROLE) */}}
{{- define "chancery.selector" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: chancery
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "chancery.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "chancery.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* One variable from the Secret, or from another one: (list $ NAME KEY OPTIONAL [SECRET]) */}}
{{- define "chancery.secretVariable" -}}
{{- $ := index . 0 -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ if gt (len .) 4 }}{{ index . 4 }}{{ else }}{{ $.Values.secret }}{{ end }}
      key: {{ index . 2 }}
      optional: {{ index . 3 }}
{{- end }}

{{/* The secrets of one role, as in worker/supervise/environment.py: (list $ ROLE) */}}
{{- define "chancery.secretVariables" -}}
{{- $ := index . 0 }}
{{- $role := index . 1 }}
{{- if eq $role "api" }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_API_METRICS_TOKEN" "metrics-token" false) }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_OIDC_CLIENT_SECRET" "oidc-client-secret" true) }}
{{- end }}
{{- if has $role (list "api" "scheduler") }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_AUDIT_KEY" "audit-key" false) }}
{{- end }}
{{- if eq $role "worker" }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_ENGINE_API_KEY" "engine-api-key" true) }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_FAST_ENGINE_API_KEY" "fast-engine-api-key" true) }}
{{- end }}
{{- if has $role (list "api" "worker" "courier") }}
{{ include "chancery.secretVariable" (list $ "OTEL_EXPORTER_OTLP_HEADERS" "otlp-headers" true) }}
{{- end }}
{{- if eq $role "flower" }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_FLOWER_LOGIN" "flower-login" false) }}
{{- else }}
{{ include "chancery.secretVariable" (list $ "CHANCERY_MASTER_KEY" "master-key" true) }}
{{- if $.Values.s3.url }}
{{- $keys := $.Values.s3.secret }}
{{- $secret := $keys.name | default $.Values.secret }}
{{- /* A Secret that is named here must have both. */}}
{{- $optional := not $keys.name }}
{{ include "chancery.secretVariable" (list $ "AWS_ACCESS_KEY_ID" $keys.accessKeyId $optional $secret) }}
{{ include "chancery.secretVariable" (list $ "AWS_SECRET_ACCESS_KEY" $keys.secretAccessKey $optional $secret) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Metadata and the common part of a role's pods: (list $ ROLE) */}}
{{- define "chancery.podMetadata" -}}
{{- $ := index . 0 -}}
labels:
  {{- include "chancery.labels" $ | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
annotations:
  checksum/settings: {{ include (print $.Template.BasePath "/settings.yaml") $ | sha256sum }}
{{- end }}

{{- define "chancery.podStart" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext: {{- include "chancery.podSecurity" . | nindent 2 }}
{{- end }}

{{/* The container of one role: (list $ ROLE COMMAND) */}}
{{- define "chancery.container" -}}
{{- $ := index . 0 }}
{{- $role := index . 1 -}}
name: {{ $role }}
image: {{ $.Values.image }}
imagePullPolicy: {{ $.Values.imagePullPolicy }}
command: {{ index . 2 | toJson }}
securityContext: {{- include "chancery.containerSecurity" $ | nindent 2 }}
resources: {{- toYaml (index $.Values $role).resources | nindent 2 }}
envFrom:
  - configMapRef: {name: {{ include "chancery.name" $ }}-settings}
env: {{- include "chancery.secretVariables" (list $ $role) | nindent 2 }}
volumeMounts:
  - {name: data, mountPath: /var/lib/chancery}
  - {name: tmp, mountPath: /tmp}
  - {name: redis-password, mountPath: /run/secrets/chancery, readOnly: true}
  {{- if and $.Values.engine.several (has $role (list "worker" "courier")) }}
  - {name: engines, mountPath: /run/secrets/engines, readOnly: true}
  {{- end }}
  {{- if $.Values.caConfigMap }}
  - {name: ca, mountPath: /etc/chancery/ca, readOnly: true}
  {{- end }}
{{- end }}

{{/* The volumes of one role: (list $ ROLE) */}}
{{- define "chancery.volumes" -}}
{{- $ := index . 0 }}
{{- $role := index . 1 -}}
- name: data
  {{- if or (has $role (list "api" "scheduler")) (and (not $.Values.s3.url) (ne $role "flower")) }}
  persistentVolumeClaim:
    claimName: {{ $.Values.persistence.existingClaim | default (print (include "chancery.name" $) "-data") }}
  {{- else }}
  emptyDir: {sizeLimit: 1Gi}
  {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 2Gi}
- name: redis-password
  secret:
    secretName: {{ $.Values.secret }}
    defaultMode: 0440
    items:
      - {key: redis-password, path: redis-password}
      {{- if $.Values.redis.sentinelPassword }}
      - {key: redis-sentinel-password, path: redis-sentinel-password}
      {{- end }}
{{- if and $.Values.engine.several (has $role (list "worker" "courier")) }}
- name: engines
  secret:
    secretName: {{ $.Values.secret }}
    defaultMode: 0440
    items: [{key: engines, path: engines.json}]
{{- end }}
{{- with $.Values.caConfigMap }}
- name: ca
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}

{{/* Ready while the role sends heartbeats. Not a liveness probe: without Redis there are none, and
     the process ends itself if its event loop is blocked. */}}
{{- define "chancery.heartbeat" -}}
readinessProbe:
  exec: {command: [python, -m, worker, health, {{ . }}]}
  periodSeconds: 20
  timeoutSeconds: 15
  failureThreshold: 3
{{- end }}
