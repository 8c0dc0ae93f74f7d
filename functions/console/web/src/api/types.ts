import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Role = Me["role"];
export type Format = Schemas["Format"];
export type FormatId = NewAnnotation["format"];
export type MapItem = Schemas["MapItem"];
export type AnnotationMap = Schemas["Map"];
export type MapVersion = Schemas["MapVersion"];
export type Workspace = Schemas["WorkspaceAnswer"];
export type Resources = Schemas["Resources"];
export type Dataset = Schemas["DatasetAnswer"];
export type Upload = Schemas["UploadAnswer"];
export type Annotation = Schemas["AnnotationAnswer"];
export type Status = Annotation["status"];
export type NewAnnotation = Schemas["NewAnnotation"];
export type Subscription = Schemas["SubscriptionAnswer"];
export type Token = Schemas["TokenAnswer"];
export type CreatedToken = Schemas["CreatedToken"];
export type MapCheck = Schemas["MapCheck"];
export type MapEffect = Schemas["MapEffect"];
export type LogLine = Schemas["LogLineAnswer"];
export type Download = Schemas["DownloadAnswer"];
