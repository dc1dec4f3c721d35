"""Names of ISO 32000-2 that hold no text: keys, types, operators and values."""

from __future__ import annotations

KNOWN_NAMES = frozenset(
    """
    A AA AC AE AESV2 AESV3 AF AFRelationship AIS AN AP AS ASCII85Decode ASCIIHexDecode AU Abs
    AcroForm Action Adbe Adobe After All AllOff AllOn AllPages Alpha Alt Alternate Alternates
    AlternatePresentations AnnotStates Annot Annots AntiAlias AnyOff AnyOn App Art ArtBox Artifact
    Artifacts Ascent Attached Attachment AuthEvent Author AvgWidth B B5pc-H B5pc-V BBox BC BE BG
    BG2 BM BS Background BaseEncoding BaseFont BaseState BaseVersion Bead Before BitsPerComponent
    BitsPerCoordinate BitsPerFlag BitsPerSample Bl BlackIs1 BlackPoint BleedBox Block BlockQuote
    Body Book Border BorderColor BorderStyle BorderThickness Both Bounds Btn ByteRange C C0 C1 CA
    CCF CCITTFaxDecode CF CFM CI CIDFontType0 CIDFontType0C CIDFontType2 CIDInit CIDSet
    CIDSystemInfo CIDToGIDMap CL CMYK CO CP CS CT CalGray CalRGB CapHeight Caption Caret Catalog
    Category Center CenterWindow Ch CharProcs CharSet Circle ClassMap Code Collection
    CollectionField CollectionItem CollectionSchema CollectionSort Color ColorBurn ColorDodge
    ColorSpace ColorTransform Colorants Colors ColSpan Columns Compatible ConfigS Configs
    ContactInfo Content Contents Coords Copyright Count Courier Courier-Bold Courier-BoldOblique
    Courier-Oblique Covered CreationDate Creator CreatorInfo CropBox Crypt CryptFilter CuePoint D
    DA DCTDecode DL DOS DP DR DS DV DW DW2 Darken Data Date DateTime Decimal Decode DecodeParms
    Default DefaultCMYK DefaultForPrinting DefaultGray DefaultRGB Delta DescendantFonts Desc
    Descent Dest DestOutputProfile Dests DeviceCMYK DeviceColorant DeviceGray DeviceN DeviceRGB Di
    Diff Difference Differences DigestMethod Direction DisplayDocTitle Distance Div DocMDP
    Document DocuSign Domain Duplex Dur E EF EFF EFOpen EI EMC ETen-B5-H EarlyChange Embedded
    EmbeddedFile EmbeddedFiles Encode EncodedByteAlign Encoding Encrypt EncryptMetadata End
    EndIndent EndOfBlock EndOfLine EndnoteEvent Event Exclusion Export ExportState ExtGState
    Extend ExtensionLevel Extensions F FFilter FL FS FT FWParams FallBack FDecodeParms Fdf Ff
    Fields Figure FileAttachment Filespec Filter First FirstChar FirstPage Fit FitB FitBH FitBV
    FitH FitR FitV FitWindow Flags FlateDecode Fo Font FontBBox FontDescriptor FontFamily FontFile
    FontFile2 FontFile3 FontMatrix FontName FontStretch FontWeight Footnote Form FormType Formula
    FreeText FullScreen Function FunctionType Functions G GBK-EUC-H GBK-EUC-V GBK2K-H GBK2K-V
    GBKp-EUC-H GBKp-EUC-V GB-EUC-H GB-EUC-V GBpc-EUC-H GTS_PDFA1 GTS_PDFX Gamma GoTo GoToE GoToR
    Gray Group H H1 H2 H3 H4 H5 H6 HT Halftone HalftoneName HalftoneType HardLight Head Headers
    Height HeightA Helvetica Helvetica-Bold Helvetica-BoldOblique Helvetica-Oblique Hide
    HideMenubar HideToolbar HideWindowUI Highlight Hue I IC ICCBased ID IDTree IM IRT IT IX
    Identity Identity-H Identity-V Image ImageB ImageC ImageI ImageMask Import ImportData Indent
    Index Indexed Info Ink InkList Intent Interpolate Inset ItalicAngle Item JBIG2Decode
    JBIG2Globals JPXDecode JS JavaScript K KSC-EUC-H KSCms-UHC-H Keywords Kids L L2R LAB LBody LC
    LE LI LJ LL LLE LLO LW LZWDecode Lab Lang Language Last LastChar LastModified LastPage Launch
    Layout Lbl Leading Legal Length Length1 Length2 Length3 Level Lighten Limits Line LineArrow
    LineHeight LineThrough Linearized Link List ListNumbering Lock LockedContents Locked Luminosity
    M MCD MCID MCR MD5 MK ML MMType1 MN Mac MacExpertEncoding MacRomanEncoding MarkInfo Marked
    Markup Mask Matrix Matte MaxLen MaxWidth MediaBox MediaClip MediaConfig Metadata Middle
    MissingWidth Mix ModDate Mode Movie Multiply N NChannel NM NR Name Named Names NeedAppearances
    NeedsRendering NewWindow Next NextPage NonEFontNoWarn NonFullScreenPageMode NonStruct None
    Normal Note NumCopies Nums O OB OBJR OC OCG OCGs OCMD OCProperties OFF ON OP OPI OPM OS Obj
    ObjStm Off Open OpenAction OpenType Optional Opt Order Ordering Outlines OutputCondition
    OutputConditionIdentifier OutputIntent OutputIntents Overlay P PDF PS PZ Page PageElement
    PageLabel PageLabels PageLayout PageMode Pages PaintType Panose ParamDict Params Parent
    ParentTree ParentTreeNextKey Part Pattern PatternType Perms Pg PieceInfo Polygon PolyLine Popup
    Predictor PreferredSize PrepressIntent Prev PrevPage Preview Print PrintArea PrintClip
    PrintPageRange PrintScaling PrintState Printer PrinterMark Private ProcSet Producer Projection
    Properties Prop_AuthTime Prop_AuthType Prop_Build PubSec Q Quote R R2L RBGroups RC RD REx RGB
    RI RL RT RV RadioButton Range Rate RadiosInUnison Reason Recipients Rect Ref Reference Registry
    RelativeColorimetric Rendition RenderingIntent Repeat ResetForm Resources Resume RoleMap Root
    Rotate Row Rows RowSpan Ruby RunLengthDecode S SA SE SM SMask SMaskInData SS SV Saturation
    Schema Scope Screen Sect Separation SeparationInfo SeparationColorNames SetOCGState Shading
    ShadingType Sig SigFieldLock SigQ SigRef Signature Simplex SinglePage Size SoftLight Sort Sound
    SoundActions SpaceAfter SpaceBefore Span Split Square Squiggly St Stamp Standard
    StandardEncoding Start StartIndent State StateModel StdCF StemH StemV Stm StmF StmOwn StrF
    StrikeOut Strikeout StructElem StructParent StructParents StructTreeRoot Style SubFilter Subj
    Subject SubmitForm Subtype Supplement Suspects Symbol Sy T TBody TD TFoot TH THead TK TM TOC
    TOCI TP TR TR2 TU Table Tabs Templates Text TextAlign Threads Thumb Thread TilingType Times-Bold
    Times-BoldItalic Times-Italic Times-Roman Title ToUnicode Toggle Top Trans TransformMethod
    TransformParams Transparency TrapNet Trapped Trapped TrimBox True TrueType Tx Type Type0 Type1
    Type1C Type2 Type3 U UC UCR UCR2 UE UR UR3 URI URIs Uncovered Underline Unchanged Unicode
    UniCNS-UCS2-H UniCNS-UTF16-H UniGB-UCS2-H UniGB-UCS2-V UniGB-UTF16-H UniGB-UTF16-V
    UniJIS-UCS2-H UniJIS-UTF16-H UniKS-UCS2-H UniKS-UTF16-H Unix Unknown Usage UseCMap UseNone
    UseOC UseOutlines UseThumbs UserProperties UserUnit V V2 VE VP VeriSign Version Vertices
    VerticesPerRow View ViewArea ViewClip ViewState ViewerPreferences Volume W W2 WMode WP WC WS
    Warichu WarichuPT WhitePoint Widget Width WidthA Widths WinAnsiEncoding XFA XFAResources XHeight
    XML XObject XRef XRefStm XStep XYZ YStep Yes Zapf ZapfDingbats Zoom
    adbe.pkcs7.detached adbe.pkcs7.sha1 adbe.x509.rsa_sha1 ETSI.CAdES.detached
    Adobe.PPKLite Adobe.PPKMS Im0 Fm0 CMapName CMapType CMap
    Unspecified CheckSum Tahoma Supplemental Alternative Source
    false true null ca checked op sRGB
    """.split()
)  # fmt: skip
"""Of a name on this list the inventory lists nothing. Other names may be text."""
